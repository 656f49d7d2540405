// Exchange buffers. Strings are copied: a borrowed network buffer ends here.
#include "runtime/exec/exchange.h"

namespace flow {

void Exchange::Append(const PathRunner::Output& output, int32_t row) {
#ifdef FLOW_MUTANT_LOST_ROW
  thread_local int64_t seen = 0;
  if (++seen % 97 == 0) return;
#endif
  rows_.AppendRow(*output.batch, row);
  windowed_ = output.rows.window != nullptr;
  sliced_ = output.rows.skip != nullptr;
  if (windowed_) window_.push_back(output.rows.window[row]);
  if (sliced_) skip_.push_back(output.rows.skip[row]);
  hash_.push_back(output.rows.hash[row]);
  accepted_ += output.begins_row(row) ? 1 : 0;
  elements_ += output.begins_element(row) ? 1 : 0;
}

AggregateInput Exchange::input() const {
  AggregateInput in;
  in.columns = rows_.columns();
  in.weights = rows_.weights.empty() ? nullptr : rows_.weights.data();
  in.window = windowed_ ? window_.data() : nullptr;
  in.skip = sliced_ ? skip_.data() : nullptr;
  in.hash = hash_.data();
  in.rows = rows_.rows;
  return in;
}

void Exchange::Clear() {
  rows_.Clear();
  window_.clear();
  skip_.clear();
  hash_.clear();
  accepted_ = 0;
  elements_ = 0;
}

}  // namespace flow
