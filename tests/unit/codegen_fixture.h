// What the tests of generated code share: programs built by hand, batches from datums, runs of a
// pipeline in every tier.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "compiler/bind/decimal_call.h"
#include "compiler/codegen/codegen.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/hash.h"
#include "runtime/base/batch.h"
#include "runtime/base/datum.h"

namespace flow {

inline const Type kBool(TypeKind::kBoolean);
inline const Type kInt(TypeKind::kInt);
inline const Type kBigint(TypeKind::kBigint);
inline const Type kDouble(TypeKind::kDouble);
inline const Type kString(TypeKind::kString);
inline const Type kDate(TypeKind::kDate);
inline const Type kTimestamp(TypeKind::kTimestamp);
inline const Type kInterval(TypeKind::kInterval);

// Columns and literals for expressions.
inline BoundExprPtr Col(int i, Type type) { return MakeColumn(i, std::move(type)); }
inline Datum I(int64_t v) { return Datum::Int(kBigint, v); }
inline Datum I32(int64_t v) { return Datum::Int(kInt, v); }
inline Datum B(bool v) { return Datum::Bool(v); }
inline Datum D(double v) { return Datum::Double(v); }
inline Datum S(std::string v) { return Datum::String(std::move(v)); }
inline Datum Ts(int64_t v) { return Datum::Int(kTimestamp, v); }
inline Datum Dec(int precision, int scale, FlowInt128 v) {
  return Datum::Decimal(Type::Decimal(precision, scale), v);
}
inline Datum Null(Type type) { return Datum::Null(std::move(type)); }
inline Datum Err(Type type, uint8_t code) { return Datum::Error(std::move(type), code); }
inline BoundExprPtr Lit(Datum v) { return MakeLiteral(std::move(v)); }
inline BoundExprPtr Op(ExprOp op, Type type, std::vector<BoundExprPtr> children) {
  return MakeNode(op, std::move(type), std::move(children));
}
// The overload whose argument types are exactly those of the arguments.
inline BoundExprPtr Call(const std::string& name, std::vector<BoundExprPtr> arguments) {
  for (const Function& function : StandardFunctions()) {
    if (function.name != name || function.written() != arguments.size()) continue;
    bool same = true;
    for (size_t i = 0; i < arguments.size(); ++i) {
      bool any = function.hidden > 0 && function.arguments[i].is(TypeKind::kDecimal);
      same &= any ? arguments[i]->type.is(TypeKind::kDecimal)
                  : function.arguments[i] == arguments[i]->type;
    }
    if (same && function.hidden > 0) return MakeDecimalCall(&function, std::move(arguments));
    if (same) return MakeCall(&function, std::move(arguments));
  }
  ADD_FAILURE() << "no function " << name;
  return nullptr;
}

using Row = std::vector<Datum>;

// "12", "NULL", "<division by zero>": what the expectations of tests are written in.
inline std::string Show(const Row& row) {
  std::string text;
  for (const Datum& v : row) text += (text.empty() ? "" : " ") + ToSql(v);
  return text;
}

inline std::unique_ptr<Batch> MakeBatch(const std::vector<Type>& types,
                                        const std::vector<Row>& rows) {
  auto batch = std::make_unique<Batch>(types, static_cast<int32_t>(rows.size()));
  for (const Row& row : rows) {
    for (size_t i = 0; i < types.size(); ++i) {
      WriteCell(batch->column(static_cast<int32_t>(i)), batch->rows, row[i], batch->arena().abi());
    }
    ++batch->rows;
  }
  return batch;
}

// What one call of a pipeline wrote.
struct PipelineResult {
  std::vector<Row> rows;
  std::vector<int32_t> from;  // out_row
  std::vector<int64_t> windows;
  std::vector<int32_t> skips;
  std::vector<uint64_t> hashes;
  std::vector<std::pair<int32_t, int>> dead;  // row, code
  int64_t filtered = 0;
  int64_t late = 0;
  int64_t late_windows = 0;
  bool operator==(const PipelineResult& other) const {
    if (rows.size() != other.rows.size()) return false;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (Show(rows[i]) != Show(other.rows[i])) return false;
    }
    return from == other.from && windows == other.windows && skips == other.skips &&
           hashes == other.hashes && dead == other.dead && filtered == other.filtered &&
           late == other.late && late_windows == other.late_windows;
  }
};

inline PipelineResult RunPipeline(const program::Pipeline& pipeline, const Batch& input,
                                  const std::vector<int64_t>* watermarks, int32_t first_row,
                                  int32_t rows) {
  const program::PipelineKernel* kernel = pipeline.kernel->Load();
  int per_row = 1;
  if (pipeline.window && pipeline.window->mode == program::WindowMode::kExpand) {
    per_row = static_cast<int>((pipeline.window->size + pipeline.window->slide - 1) /
                               pipeline.window->slide);
  }
  auto room = static_cast<size_t>(rows) * static_cast<size_t>(per_row) + 1;
  Batch output(pipeline.output, static_cast<int32_t>(room));
  PipelineResult result;
  result.from.resize(room);
  result.windows.resize(room);
  result.skips.resize(room);
  result.hashes.resize(room);
  std::vector<int32_t> dead_rows(room);
  std::vector<uint8_t> dead_codes(room);
  FlowPipelineArgs args = {};
  args.first_row = first_row;
  args.rows = rows;
  args.in = input.columns();
  args.watermark = watermarks == nullptr ? nullptr : watermarks->data();
  args.hash_mask = ~uint64_t{0};
  args.out = output.columns();
  args.out_row = result.from.data();
  args.out_window = result.windows.data();
  args.out_skip = result.skips.data();
  args.out_hash = result.hashes.data();
  args.dead_row = dead_rows.data();
  args.dead_code = dead_codes.data();
  args.arena = output.arena().abi();
  auto written = static_cast<size_t>(kernel->fn(kernel->self, &args));
  for (size_t i = 0; i < written; ++i) {
    Row row;
    for (size_t c = 0; c < pipeline.output.size(); ++c) {
      row.push_back(ReadCell(output.column(static_cast<int32_t>(c)), pipeline.output[c],
                             static_cast<int32_t>(i)));
    }
    result.rows.push_back(std::move(row));
  }
  result.from.resize(written);
  result.windows.resize(pipeline.window ? written : 0);
  bool slices = pipeline.window && pipeline.window->mode == program::WindowMode::kSlice;
  result.skips.resize(slices ? written : 0);
  result.hashes.resize(pipeline.hashes ? written : 0);
  for (int64_t i = 0; i < args.dead; ++i) {
    result.dead.emplace_back(dead_rows[static_cast<size_t>(i)], dead_codes[static_cast<size_t>(i)]);
  }
  result.filtered = args.filtered;
  result.late = args.late;
  result.late_windows = args.late_windows;
  return result;
}

// One pipeline under test. Runs it in tier 0 and tier 1, with and without common subexpressions:
// all must agree, and the agreed result is returned.
class PipelineTest : public ::testing::Test {
 protected:
  program::Pipeline pipeline;
  PipelineSpec spec;

  void AddOutput(BoundExprPtr expr, bool checked = false) {
    pipeline.output.push_back(expr->type);
    pipeline.checked.push_back(checked);
    spec.outputs.push_back(std::move(expr));
  }

  PipelineResult Run(const std::vector<Row>& rows,
                     const std::vector<int64_t>* watermarks = nullptr) {
    std::unique_ptr<Batch> input = MakeBatch(pipeline.input, rows);
    PipelineResult agreed;
    bool first = true;
    for (bool optimized : {false, true}) {
      for (bool cse : {true, false}) {
        LoweredProgram program;
        program.program.pipelines.push_back(pipeline);
        program.pipelines.push_back(spec);
        codegen::Options options;
        options.cse = cse;
        options.tier0 = !optimized;
        options.tier1 = optimized;
        options.background = false;
        auto engine = codegen::Generate(program, options);
        if (!engine.ok()) {
          ADD_FAILURE() << engine.error().message;
          return agreed;
        }
        PipelineResult result = RunPipeline(pipeline, *input, watermarks, 0, input->rows);
        EXPECT_TRUE(first || result == agreed) << "optimized " << optimized << " cse " << cse;
        agreed = std::move(result);
        first = false;
      }
    }
    return agreed;
  }

  // The rows as text, one string each.
  std::vector<std::string> Texts(const PipelineResult& result) {
    std::vector<std::string> texts;
    for (const Row& row : result.rows) texts.push_back(Show(row));
    return texts;
  }

  // The value of an expression over one row of constants.
  std::string Eval(const BoundExprPtr& expr, const Row& row = {}) {
    pipeline = program::Pipeline();
    spec = PipelineSpec();
    for (const Datum& v : row) pipeline.input.push_back(v.type);
    AddOutput(expr);
    PipelineResult result = Run({row});
    return result.rows.size() == 1 ? Show(result.rows[0]) : "no row";
  }
};

}  // namespace flow
