// links: runtime/format
// Consolidate against a model: a list of keys in the order in which they come first.
#include "runtime/format/row_table.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/abi/abi.h"
#include "tests/generator/random.h"

namespace flow {
namespace {

// Key, value.
void Append(Batch* batch, int64_t key, const std::string& value, int64_t weight) {
  const int32_t row = batch->rows++;
  batch->Reserve(batch->rows);
  batch->values<int64_t>(0)[row] = key;
  flow_string_copy(&batch->values<FlowString>(1)[row], value.data(),
                   static_cast<uint32_t>(value.size()), batch->arena().abi());
  batch->column(0).status[row] = batch->column(1).status[row] = kFlowValue;
  batch->weights.push_back(weight);
}

std::string Text(const Batch& batch, int32_t row) {
  const FlowString& value = batch.values<FlowString>(1)[row];
  return std::to_string(batch.values<int64_t>(0)[row]) + " " +
         std::string(flow_string_data(&value), value.size) + "\n";
}

// Rows with their weights, and how often.
std::string Expected(const Batch& changes, bool keyed) {
  struct Net {
    std::string key, row;
    int64_t weight;
  };
  std::vector<Net> net;
  for (int32_t row = 0; row < changes.rows; ++row) {
    const std::string key =
        keyed ? std::to_string(changes.values<int64_t>(0)[row]) : Text(changes, row);
    size_t at = 0;
    while (at < net.size() && net[at].key != key) ++at;
    if (at == net.size()) net.push_back({key, "", 0});
    net[at].row = Text(changes, row);
    net[at].weight = keyed ? changes.weight(row) : net[at].weight + changes.weight(row);
  }
  std::string text;
  for (const Net& entry : net) {
    for (int64_t i = 0; i < std::abs(entry.weight); ++i) {
      text += (entry.weight > 0 ? "+" : "-") + entry.row;
    }
  }
  return text;
}

TEST(Consolidate, LikeTheModel) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    test::Random random(seed);
    program::View view;
    view.types = {Type(TypeKind::kBigint), Type(TypeKind::kString)};
    const bool keyed = random.Chance(50);
    if (keyed) view.key = {0};
    Batch changes(view.types, 4);
    const int64_t keys = random.Between(1, 300);
    for (int64_t i = random.Between(0, 600); i > 0; --i) {
      const int64_t key = random.Between(1, keys);
      const std::string value(static_cast<size_t>(random.Between(0, 2) * 20), 'x');
      Append(&changes, key, value, random.Chance(60) ? 1 : -1);
    }
    const Batch net = Consolidate(view, changes);
    std::string text;
    for (int32_t row = 0; row < net.rows; ++row) {
      text += (net.weight(row) > 0 ? "+" : "-") + Text(net, row);
    }
    ASSERT_EQ(text, Expected(changes, keyed)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace flow
