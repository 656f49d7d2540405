// Runs kernels over batches and writes what they give as text: one line a row, so that two engines
// are compared, and differences read, line by line.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "compiler/lower/kernel_spec.h"
#include "runtime/base/batch.h"
#include "runtime/program/layout.h"

namespace flow::kernel_test {

// Where a row is put into a column: bytes of a cell as text. Doubles by their bits, since 0.0 and
// -0.0 print nearly alike.
inline std::string CellBits(const FlowColumn& column, const Type& type, int32_t row) {
  const Datum value = ReadCell(column, type, row);
  if (!value.is_value() || !type.is(TypeKind::kDouble)) return ToSql(value);
  if (value.d != value.d) return "NaN";  // which NaN, IEEE does not say
  char text[40];
  std::snprintf(text, sizeof text, "%a", value.d);
  return text;
}

// The status is told beside the value: error texts could be shared by codes.
inline std::string RowText(const std::vector<FlowColumn>& columns, const std::vector<Type>& types,
                           int32_t row) {
  std::string text;
  for (size_t c = 0; c < types.size(); ++c) {
    const uint8_t status = columns[c].status[row];
    text += c == 0 ? "" : " | ";
    text += CellBits(columns[c], types[c], row);
    if (status >= kFlowErrorFirst) text += "#" + std::to_string(status);
  }
  return text;
}

// What a pipeline kernel gave, and one call's input.
struct PipelineRun {
  std::vector<std::string> lines;
  int64_t dead = 0, filtered = 0, late = 0, late_windows = 0;
  int32_t accepted_rows = 0;  // input rows with an output row
  int64_t input_rows = 0;
};

// Columns of `capacity` rows; poisoned, so that a cell that is never written shows.
class OutputColumns {
 public:
  OutputColumns(const std::vector<Type>& types, int32_t capacity) {
    for (const Type& type : types) {
      const auto width = static_cast<size_t>(type.width());
      memory_.push_back(std::make_unique<Memory>(width * static_cast<size_t>(capacity),
                                                 static_cast<size_t>(capacity)));
      columns.push_back({memory_.back()->values.data(), memory_.back()->status.data()});
    }
  }
  std::vector<FlowColumn> columns;

 private:
  struct alignas(16) Block {
    unsigned char bytes[16];
  };
  struct Memory {
    Memory(size_t bytes, size_t rows) : values(bytes / 16 + 1), status(rows, 0xEE) {
      std::fill_n(reinterpret_cast<unsigned char*>(values.data()), values.size() * 16, 0xEE);
    }
    std::vector<Block> values;
    std::vector<uint8_t> status;
  };
  std::vector<std::unique_ptr<Memory>> memory_;
};

// Runs rows [first, first + rows). `watermark` is by row of the batch; empty: none is passed.
inline PipelineRun RunPipeline(const program::PipelineKernel& kernel,
                               const program::Pipeline& pipeline, const Batch& in, int32_t first,
                               int32_t rows, const std::vector<int64_t>& watermark,
                               uint64_t hash_mask, Arena* arena) {
  const int32_t capacity = std::max(rows * pipeline.max_output_rows_per_input(), 1);
  OutputColumns out(pipeline.output, capacity);
  const auto size = static_cast<size_t>(capacity);
  std::vector<int32_t> out_row(size, -7), out_skip(size, -7), dead_row(size, -7);
  std::vector<int64_t> out_window(size, -7);
  std::vector<uint64_t> out_hash(size, 7);
  std::vector<uint8_t> dead_code(size, 0);

  FlowPipelineArgs args{};
  args.first_row = first;
  args.rows = rows;
  args.in = in.columns();
  args.watermark = watermark.empty() ? nullptr : watermark.data();
  args.hash_mask = hash_mask;
  args.out = out.columns.data();
  args.out_row = out_row.data();
  args.out_window = out_window.data();
  args.out_skip = out_skip.data();
  args.out_hash = out_hash.data();
  args.dead_row = dead_row.data();
  args.dead_code = dead_code.data();
  args.arena = arena->abi();
  const int32_t written = kernel.fn(kernel.self, &args);

  PipelineRun run;
  run.dead = args.dead;
  run.filtered = args.filtered;
  run.late = args.late;
  run.late_windows = args.late_windows;
  run.input_rows = rows;
  for (int32_t i = 0; i < written; ++i) {
    const auto at = static_cast<size_t>(i);
    if (i == 0 || out_row[at] != out_row[at - 1]) ++run.accepted_rows;
    std::string line = std::to_string(out_row[at]);
    if (pipeline.window) {
      line += " w" + std::to_string(out_window[at]);
      if (pipeline.window->mode == program::WindowMode::kSlice) {
        line += " skip " + std::to_string(out_skip[at]);
      }
    }
    if (pipeline.hashes) line += " h" + std::to_string(out_hash[at]);
    run.lines.push_back(line + ": " + RowText(out.columns, pipeline.output, i));
  }
  for (size_t i = 0; i < static_cast<size_t>(args.dead); ++i) {
    run.lines.push_back("dead " + std::to_string(dead_row[i]) + " code " +
                        std::to_string(dead_code[i]));
  }
  run.lines.push_back("dead " + std::to_string(run.dead) + " filtered " +
                      std::to_string(run.filtered) + " late " + std::to_string(run.late) +
                      " late windows " + std::to_string(run.late_windows));
  return run;
}

inline void LayOut(program::Aggregate* aggregate) {
  aggregate->layout =
      program::LayOut(aggregate->key_types, aggregate->calls, aggregate->updating_input);
}

// Entries of one aggregate, found by walking all of them.
class Groups {
 public:
  Groups(const program::AggregateKernels& kernels, const program::Aggregate& aggregate)
      : kernels_(kernels), aggregate_(aggregate) {}
  ~Groups() {
    if (kernels_.destroy == nullptr) return;
    for (uint8_t* entry : entries_) kernels_.destroy(kernels_.self, entry);
  }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  // `in` has the keys, then the arguments.
  void Update(const Batch& in, const std::vector<int64_t>& weights) {
    std::vector<uint8_t*> rows;
    for (int32_t row = 0; row < in.rows; ++row) rows.push_back(Find(in, row));
    kernels_.update(kernels_.self, rows.data(), in.columns(),
                    weights.empty() ? nullptr : weights.data(), in.rows, arena_.abi());
  }

  void Merge(const Groups& other) {
    for (const uint8_t* from : other.entries_) {
      uint8_t* entry = nullptr;
      for (uint8_t* candidate : entries_) {
        if (kernels_.equal_entries(kernels_.self, candidate, from)) entry = candidate;
      }
      if (entry == nullptr) {
        entry = NewEntry();
        kernels_.insert_entry(kernels_.self, entry, from, arena_.abi());
      }
      kernels_.merge(kernels_.self, entry, from, arena_.abi());
    }
  }

  // One line an entry, in order of insertion; with the count of live rows, if there is one.
  std::vector<std::string> Finish() {
    const auto rows = static_cast<int32_t>(entries_.size());
    std::vector<Type> types = aggregate_.key_types;
    for (const program::AggregateCall& call : aggregate_.calls) types.push_back(call.result_type);
    OutputColumns out(types, std::max(rows, 1));
    kernels_.finish(kernels_.self, entries_.data(), rows, out.columns.data(), arena_.abi());
    std::vector<std::string> lines;
    for (int32_t i = 0; i < rows; ++i) {
      std::string line = RowText(out.columns, types, i);
      if (kernels_.live != nullptr) {
        line += " live " +
                std::to_string(kernels_.live(kernels_.self, entries_[static_cast<size_t>(i)]));
      }
      lines.push_back(line);
    }
    return lines;
  }

 private:
  uint8_t* Find(const Batch& in, int32_t row) {
    for (uint8_t* entry : entries_) {
      if (kernels_.equal(kernels_.self, entry, in.columns(), row)) return entry;
    }
    uint8_t* entry = NewEntry();
    kernels_.insert(kernels_.self, entry, in.columns(), row, arena_.abi());
    return entry;
  }
  uint8_t* NewEntry() {
    const auto size = static_cast<size_t>(aggregate_.layout.entry_size);
    auto* entry = reinterpret_cast<uint8_t*>(arena_.Allocate(size));
    memset(entry, 0xEE, size);
    entries_.push_back(entry);
    return entry;
  }

  const program::AggregateKernels& kernels_;
  const program::Aggregate& aggregate_;
  Arena arena_;
  std::vector<uint8_t*> entries_;
};

}  // namespace flow::kernel_test
