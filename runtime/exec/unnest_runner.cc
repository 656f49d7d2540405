// UnnestRunner: see the header.
#include "runtime/exec/unnest_runner.h"

#include <algorithm>

#include "runtime/base/cell.h"

namespace flow {

namespace {

std::string_view ArrayOf(const KernelCall& arrays, int32_t row) {
  const FlowColumn& column = arrays.out.column(0);
  if (column.status[row] != kFlowValue) return {};
  const FlowString& value = static_cast<const FlowString*>(column.values)[row];
  return {flow_string_data(&value), value.size};
}

std::vector<Type> ElementTypes(const program::Pipeline& arrays, const program::Unnest& spec) {
  std::vector<Type> types;
  for (int column : spec.carried) types.push_back(arrays.input[static_cast<size_t>(column)]);
  types.push_back(spec.element);
  types.emplace_back(TypeKind::kBigint);
  return types;
}

}  // namespace

UnnestRunner::Level::Level(const program::Program& program, const program::Unnest& unnest)
    : spec(&unnest),
      arrays(&program.pipelines[static_cast<size_t>(unnest.pipeline)], ~uint64_t{0}) {
  const program::Pipeline& pipeline = program.pipelines[static_cast<size_t>(unnest.pipeline)];
  width = static_cast<int32_t>(pipeline.input.size());
  elements.Reset(ElementTypes(pipeline, unnest), kBatchRows);
  // What is not carried is read by nobody.
  columns.resize(static_cast<size_t>(width) + 2);
  const int32_t carried = static_cast<int32_t>(unnest.carried.size());
  for (int32_t i = 0; i < carried; ++i) {
    columns[static_cast<size_t>(unnest.carried[static_cast<size_t>(i)])] = elements.column(i);
  }
  columns[static_cast<size_t>(width)] = elements.column(carried);
  columns[static_cast<size_t>(width) + 1] = elements.column(carried + 1);
  member.resize(kBatchRows);
  watermark.resize(kBatchRows);
}

UnnestRunner::UnnestRunner(const program::Program& program, int pipeline, KernelCall* last)
    : last_(last) {
  for (const program::Unnest& unnest : program.pipelines[static_cast<size_t>(pipeline)].unnests) {
    levels_.push_back(std::make_unique<Level>(program, unnest));
  }
}

void UnnestRunner::Run(const Rows& rows, int32_t first, int32_t count, PathCounts* counts,
                       const DeadFn& dead, const ConsumeFn& consume) {
  rows_ = rows;
  counts_ = counts;
  consume_ = &consume;
  KernelCall& arrays = levels_[0]->arrays;
  const int64_t room = std::min(kBatchRows, last_->chunk());
  for (int32_t done = 0; done < count; done += arrays.chunk()) {
    const int32_t given = std::min(count - done, arrays.chunk());
    const int32_t produced = arrays.Run(rows.columns, nullptr, first + done, given);
    counts->decoded += given;
    counts->filtered += arrays.args.filtered;
    counts->dead += arrays.args.dead;
    for (int64_t i = 0; i < arrays.args.dead; ++i) {
      dead(arrays.dead_row[static_cast<size_t>(i)], arrays.dead_code[static_cast<size_t>(i)]);
    }
    sizes_.assign(static_cast<size_t>(produced), 0);
    for (int32_t row = 0; row < produced; ++row) {
      Parts parts(ArrayOf(arrays, row));
      std::string_view part;
      while (parts.Next(&part)) ++sizes_[static_cast<size_t>(row)];
    }
    for (int32_t begin = 0, end = 0; begin < produced; begin = end) {
      int64_t size = 0;
      do {
        size += std::max<int64_t>(sizes_[static_cast<size_t>(end++)], 1);
      } while (end < produced &&
               size + std::max<int64_t>(sizes_[static_cast<size_t>(end)], 1) <= room);
      RunGroup(begin, end);
      for (int32_t i = 0; i < end - begin; ++i) {
        const Fate& fate = FateOf(i);
        if (fate.dead != 0) {
          ++counts->dead;
          dead(SourceRow(i), fate.dead);
        } else if (!fate.accepted) {
          ++(fate.late ? counts->late : counts->filtered);
        }
      }
    }
  }
}

void UnnestRunner::RunGroup(int32_t begin, int32_t end) {
  group_begin_ = begin;
  fates_.assign(static_cast<size_t>(end - begin), Fate{});
  calls_ = 0;
  produced_ = 0;
  again_ = false;
  last_member_ = -1;
  emitting_ = false;
  Walk(0, begin, end);
  emitting_ = true;
  if (calls_ > 1 || again_) {
    Walk(0, begin, end);
  } else if (calls_ == 1) {
    Emit(levels_.back().get(), produced_);
  }
}

void UnnestRunner::Walk(size_t number, int32_t begin, int32_t end) {
  Level& level = *levels_[number];
  level.passed = true;
  for (int32_t array = begin; array < end; ++array) {
    Parts parts(ArrayOf(level.arrays, array));
    std::string_view part;
    int64_t count = 0;
    while (parts.Next(&part)) {
      Append(number, array, part, ++count);
    }
#ifdef FLOW_MUTANT_EMPTY_ARRAY_GIVES_ROW
    if (count == 0) Append(number, array, {}, 0);
#else
    if (count == 0 && level.spec->outer) Append(number, array, {}, 0);
#endif
    if (number + 1 < levels_.size() || emitting_) continue;
    counts_->elements += count == 0 && level.spec->outer ? 1 : count;
  }
  if (!level.passed) Pass(number);
}

// `number` 0: there is no element.
void UnnestRunner::Append(size_t at, int32_t array, std::string_view part, int64_t number) {
  Level& level = *levels_[at];
  if (level.passed) {
    level.elements.Clear();
    level.passed = false;
  }
  const int32_t row = level.elements.rows++;
  const int32_t from = level.arrays.out_row[static_cast<size_t>(array)];
  const Level* below = at > 0 ? levels_[at - 1].get() : nullptr;
  const FlowColumn* in = below != nullptr ? below->columns.data() : rows_.columns;
  const int32_t carried = static_cast<int32_t>(level.spec->carried.size());
  for (int32_t i = 0; i < carried; ++i) {
    // Strings are borrowed: what they point into outlives the call.
    CopyCell(in[level.spec->carried[static_cast<size_t>(i)]], from,
             static_cast<size_t>(level.elements.types()[static_cast<size_t>(i)].width()),
             level.elements.column(i), row);
  }
  const FlowColumn& element = level.elements.column(carried);
  const FlowColumn& place = level.elements.column(carried + 1);
  static_cast<int64_t*>(place.values)[row] = number;
  place.status[row] = number == 0 ? kFlowNull : kFlowValue;
  const Type& type = level.spec->element;
  cell_.Load(number == 0 ? std::string_view("~") : part, type);
  CopyCell(cell_.column(), 0, static_cast<size_t>(type.width()), element, row);
  if (type.is_variable() && element.status[row] == kFlowValue) {
    FlowString* value = static_cast<FlowString*>(element.values) + row;
    const FlowString borrowed = *value;
    flow_string_copy(value, flow_string_data(&borrowed), borrowed.size,
                     level.elements.arena().abi());
  }
  const auto slot = static_cast<size_t>(row);
  level.member[slot] =
      below != nullptr ? below->member[static_cast<size_t>(from)] : array - group_begin_;
  if (rows_.watermark != nullptr) {
    level.watermark[slot] =
        below != nullptr ? below->watermark[static_cast<size_t>(from)] : rows_.watermark[from];
  }
#ifdef FLOW_MUTANT_LOST_ELEMENT
  if (number == 3) --level.elements.rows;
#endif
  if (level.elements.rows == kBatchRows) Pass(at);
}

void UnnestRunner::Pass(size_t number) {
  Level& level = *levels_[number];
  if (number + 1 == levels_.size()) {
    CallLast(&level);
  } else {
    KernelCall& arrays = levels_[number + 1]->arrays;
    const int32_t produced = arrays.Run(level.columns.data(), nullptr, 0, level.elements.rows);
    for (int64_t i = 0; i < arrays.args.dead; ++i) {
      const auto row = static_cast<size_t>(arrays.dead_row[static_cast<size_t>(i)]);
      Fate& fate = FateOf(level.member[row]);
      if (fate.dead == 0) fate.dead = arrays.dead_code[static_cast<size_t>(i)];
    }
    Walk(number + 1, 0, produced);
  }
  level.passed = true;
}

void UnnestRunner::CallLast(Level* level) {
  const int64_t* watermark = rows_.watermark != nullptr ? level->watermark.data() : nullptr;
  for (int32_t done = 0; done < level->elements.rows; done += last_->chunk()) {
    const int32_t rows = std::min(level->elements.rows - done, last_->chunk());
    ++calls_;
    produced_ = last_->Run(level->columns.data(), watermark, done, rows);
    if (emitting_) {
      Emit(level, produced_);
    } else {
      Judge(level, done, rows, produced_);
    }
  }
}

void UnnestRunner::Judge(Level* level, int32_t first, int32_t rows, int32_t produced) {
  const FlowPipelineArgs& args = last_->args;
  counts_->elements_filtered += args.filtered;
  counts_->elements_late += args.late;
  counts_->elements_dead += args.dead;
  counts_->late_windows += args.late_windows;
  for (int64_t i = 0; i < args.dead; ++i) {
    const auto row = static_cast<size_t>(last_->dead_row[static_cast<size_t>(i)]);
    Fate& fate = FateOf(level->member[row]);
    if (fate.dead == 0) fate.dead = last_->dead_code[static_cast<size_t>(i)];
  }
  for (int32_t i = 0; i < produced; ++i) {
    const auto row = static_cast<size_t>(last_->out_row[static_cast<size_t>(i)]);
    FateOf(level->member[row]).accepted = true;
  }
  if (args.late > 0) FindLate(level, first, rows);
}

// The kernel says how many are late. Whose they are shows when rows are run one by one.
void UnnestRunner::FindLate(Level* level, int32_t first, int32_t rows) {
  again_ = true;
  const int32_t end = first + rows;
  for (int32_t begin = first, next = first; begin < end; begin = next) {
    const int32_t member = level->member[static_cast<size_t>(begin)];
    while (next < end && level->member[static_cast<size_t>(next)] == member) ++next;
    Fate& fate = FateOf(member);
    if (fate.dead != 0 || fate.accepted || fate.late) continue;
    last_->Run(level->columns.data(), level->watermark.data(), begin, next - begin);
    fate.late = last_->args.late > 0;
  }
}

// What the dead rows gave is taken back.
void UnnestRunner::Emit(Level* level, int32_t produced) {
  const bool any_dead =
      std::any_of(fates_.begin(), fates_.end(), [](const Fate& fate) { return fate.dead != 0; });
  if (any_dead) {
    int32_t element = -1;
    produced = last_->Drop(produced, [&](int32_t row) {
      const int32_t of = last_->out_row[static_cast<size_t>(row)];
      if (FateOf(level->member[static_cast<size_t>(of)]).dead == 0) return false;
      counts_->elements_dead += of != element ? 1 : 0;
      element = of;
      return true;
    });
  }
  if (produced == 0) return;
  PathOutput output = last_->Output(produced);
  source_row_.resize(static_cast<size_t>(produced));
  for (size_t i = 0; i < source_row_.size(); ++i) {
    source_row_[i] = SourceRow(level->member[static_cast<size_t>(last_->out_row[i])]);
  }
  output.element = last_->out_row.data();
  output.source_row = source_row_.data();
  output.continues = last_member_ == level->member[static_cast<size_t>(last_->out_row[0])];
  last_member_ = level->member[static_cast<size_t>(last_->out_row[source_row_.size() - 1])];
  SetWeights(rows_.weights, output.source_row, &last_->out, &output);
  counts_->produced += produced;
  (*consume_)(output);
}

}  // namespace flow
