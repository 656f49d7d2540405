// Gives EmitPipeline. The function's frame:
//
//   entry: addresses of columns and arrays, once a call
//   for row in [first_row, first_row + rows):
//     filter -> late-only -> lateness -> { for window: window filter -> outputs -> write }
//     every row leaves through exactly one of: next (accepted), filtered, late, dead
//
// Counters and cursors are locals in memory; at O2 they become registers.
#include "compiler/codegen/pipeline_emitter.h"

#include <cstddef>
#include <numeric>
#include <optional>

#include "compiler/codegen/expr_emitter.h"
#include "compiler/codegen/window_math.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/hash.h"

namespace flow::codegen {

namespace {

class PipelineEmitter {
 public:
  PipelineEmitter(ModuleBuilder& module, llvm::Function* function,
                  const program::Pipeline& pipeline, const PipelineSpec& spec, bool cse)
      : m_(module),
        b_(module, function),
        pipeline_(pipeline),
        spec_(spec),
        numbering_(cse),
        args_(function->getArg(1)) {}

  void Emit();

 private:
  // An output column's cells and statuses.
  struct Column {
    llvm::Value* values = nullptr;
    llvm::Value* status = nullptr;
  };

  void LoadArguments();
  Value InputColumn(int column);
  void EmitRow(ExprEmitter& exprs);
  void EmitFilter(ExprEmitter& exprs);
  void EmitLateOnly(ExprEmitter& exprs);
  void EmitWindows(ExprEmitter& exprs);
  void EmitWindowLoop(ExprEmitter& exprs, const RowWindows& windows, llvm::Value* late);
  // Goes on where the window filter is TRUE, to `on_error` (the error is in error_) or `otherwise`.
  void EmitWindowFilter(ExprEmitter& exprs, llvm::BasicBlock* on_error,
                        llvm::BasicBlock* otherwise);
  void EmitOutputs(ExprEmitter& exprs, llvm::Value* window, llvm::Value* skip,
                   llvm::BasicBlock* on_error);
  llvm::Value* EmitHash(const std::vector<Value>& outputs);
  llvm::Value* EventTime(ExprEmitter& exprs, const BoundExpr& time);
  llvm::Value* Watermark();
  bool UsesWindow(const BoundExpr& expr) const {
    std::vector<int> columns;
    CollectColumns(expr, &columns);
    return !columns.empty() && static_cast<size_t>(columns.back()) >= in_.size();
  }
  void FinishExits();
  void StoreCounters();

  llvm::Value* Element(llvm::Value* base, llvm::Value* index, int64_t width) {
    return b_.CreateInBoundsGEP(b_.getInt8Ty(), base,
                                b_.CreateMul(index, b_.getInt64(static_cast<uint64_t>(width))));
  }
  void Increment(llvm::Value* counter, llvm::Value* by) {
    b_.CreateStore(b_.CreateAdd(b_.CreateLoad(b_.getInt64Ty(), counter), by), counter);
  }
  // Leaves the row for `exit` if `condition`, with `code` as its error (dead only).
  void LeaveIf(llvm::Value* condition, llvm::BasicBlock* exit) {
    llvm::BasicBlock* stay = b_.NewBlock("stay");
    b_.CreateCondBr(condition, exit, stay);
    b_.Enter(stay);
  }
  void DieIf(llvm::Value* condition, llvm::Value* code) {
    b_.CreateStore(code, error_);
    LeaveIf(condition, dead_exit_);
  }

  ModuleBuilder& m_;
  FunctionBuilder b_;
  const program::Pipeline& pipeline_;
  const PipelineSpec& spec_;
  Numbering numbering_;
  llvm::Value* args_;

  // Per call.
  llvm::Value* first_row_ = nullptr;
  llvm::Value* arena_ = nullptr;
  std::vector<Column> in_;
  std::vector<Column> out_;
  llvm::Value* watermark_base_ = nullptr;
  llvm::Value* watermark_stride_ = nullptr;
  llvm::Value* out_row_ = nullptr;
  llvm::Value* out_window_ = nullptr;
  llvm::Value* out_skip_ = nullptr;
  llvm::Value* out_hash_ = nullptr;
  llvm::Value* hash_mask_ = nullptr;
  llvm::Value* dead_row_ = nullptr;
  llvm::Value* dead_code_ = nullptr;
  llvm::Value* written_ = nullptr;  // locals, i64
  llvm::Value* dead_ = nullptr;
  llvm::Value* filtered_ = nullptr;
  llvm::Value* late_ = nullptr;
  llvm::Value* late_windows_ = nullptr;
  llvm::Value* error_ = nullptr;  // local, i32

  // Per row.
  llvm::Value* row_ = nullptr;  // i64, index into the batch
  llvm::Value* window_ = nullptr;
  llvm::BasicBlock* next_ = nullptr;
  llvm::BasicBlock* filtered_exit_ = nullptr;
  llvm::BasicBlock* late_exit_ = nullptr;
  llvm::BasicBlock* dead_exit_ = nullptr;
};

void PipelineEmitter::LoadArguments() {
  auto pointer = [&](size_t offset, const char* name) {
    return b_.LoadField(m_.ptr, args_, static_cast<int64_t>(offset), name);
  };
  arena_ = pointer(offsetof(FlowPipelineArgs, arena), "arena");
  llvm::Value* in = pointer(offsetof(FlowPipelineArgs, in), "in");
  llvm::Value* out = pointer(offsetof(FlowPipelineArgs, out), "out");
  auto columns = [&](llvm::Value* base, const std::vector<bool>& wanted) {
    std::vector<Column> result(wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i]) continue;
      auto at = static_cast<int64_t>(i * sizeof(FlowColumn));
      result[i].values =
          b_.LoadField(m_.ptr, base, at + static_cast<int64_t>(offsetof(FlowColumn, values)));
      result[i].status =
          b_.LoadField(m_.ptr, base, at + static_cast<int64_t>(offsetof(FlowColumn, status)));
    }
    return result;
  };
  std::vector<int> used;
  for (const BoundExprPtr& expr :
       {spec_.filter, spec_.late_time, spec_.time, spec_.window_filter}) {
    if (expr != nullptr) CollectColumns(*expr, &used);
  }
  for (const BoundExprPtr& expr : spec_.outputs) CollectColumns(*expr, &used);
  std::vector<bool> wanted(pipeline_.input.size(), false);
  for (int column : used) {
    if (static_cast<size_t>(column) < wanted.size()) wanted[static_cast<size_t>(column)] = true;
  }
  in_ = columns(in, wanted);
  out_ = columns(out, std::vector<bool>(spec_.outputs.size(), true));
  out_row_ = pointer(offsetof(FlowPipelineArgs, out_row), "out_row");
  if (pipeline_.window) {
    out_window_ = pointer(offsetof(FlowPipelineArgs, out_window), "out_window");
    out_skip_ = pointer(offsetof(FlowPipelineArgs, out_skip), "out_skip");
  }
  if (pipeline_.hashes) {
    out_hash_ = pointer(offsetof(FlowPipelineArgs, out_hash), "out_hash");
    hash_mask_ = b_.LoadField(m_.i64, args_, offsetof(FlowPipelineArgs, hash_mask), "hash_mask");
  }
  dead_row_ = pointer(offsetof(FlowPipelineArgs, dead_row), "dead_row");
  dead_code_ = pointer(offsetof(FlowPipelineArgs, dead_code), "dead_code");
  if (pipeline_.judges_lateness || pipeline_.late_of) {
    // Without watermarks every row sees the same "none yet": one word read with stride 0.
    llvm::Value* none =
        m_.NewConstant(b_.getInt64(static_cast<uint64_t>(INT64_MIN)), "no_watermark");
    llvm::Value* given = pointer(offsetof(FlowPipelineArgs, watermark), "watermark");
    llvm::Value* absent = b_.CreateIsNull(given);
    watermark_base_ = b_.CreateSelect(absent, none, given);
    watermark_stride_ = b_.CreateSelect(absent, b_.getInt64(0), b_.getInt64(sizeof(int64_t)));
  }
  auto counter = [&](const char* name) {
    llvm::Value* local = b_.Local(m_.i64, name);
    b_.CreateStore(b_.getInt64(0), local);
    return local;
  };
  written_ = counter("written");
  dead_ = counter("dead");
  filtered_ = counter("filtered");
  late_ = counter("late");
  late_windows_ = counter("late_windows");
  error_ = b_.Local(m_.i32, "error");
}

Value PipelineEmitter::InputColumn(int column) {
  Value value;
  auto index = static_cast<size_t>(column);
  if (index >= in_.size()) {
    value.value =
        index == in_.size()
            ? WindowStart(b_, *pipeline_.window, window_)
            : b_.CreateAdd(window_, b_.getInt64(static_cast<uint64_t>(pipeline_.window->size)));
    return value;
  }
  const Type& type = pipeline_.input[index];
  value.status = b_.LoadStatus(Element(in_[index].status, row_, 1));
  value.may_null = true;
  value.may_error = true;
  value.value = b_.LoadCell(type, Element(in_[index].values, row_, type.width()));
  return value;
}

void PipelineEmitter::EmitFilter(ExprEmitter& exprs) {
  if (spec_.filter == nullptr) return;
  // One operand that is FALSE or NULL drops the row whatever the others are, errors too.
  std::vector<const BoundExpr*> terms;
  if (spec_.filter->op == ExprOp::kAnd) {
    for (const BoundExprPtr& child : spec_.filter->children) terms.push_back(child.get());
  } else {
    terms.push_back(spec_.filter.get());
  }
  std::vector<Value> values(terms.size());
  for (int cost : {0, 1, 2}) {
    for (size_t i = 0; i < terms.size(); ++i) {
      const BoundExpr& term = *terms[i];
      if (cost != (IsCheap(term) ? 0 : CallsNative(term) ? 2 : 1)) continue;
      values[i] = exprs.Emit(*terms[i]);
      llvm::Value* is_false = b_.CreateAnd(exprs.IsValue(values[i]), b_.CreateNot(values[i].value));
      LeaveIf(b_.CreateOr(is_false, exprs.IsNull(values[i])), filtered_exit_);
    }
  }
  bool may_error = false;
  for (const Value& value : values) may_error |= value.may_error;
  if (!may_error) return;
  llvm::Value* error = exprs.FirstError(values);
  DieIf(b_.CreateICmpNE(error, b_.Code(kFlowValue)), error);
}

llvm::Value* PipelineEmitter::EventTime(ExprEmitter& exprs, const BoundExpr& time) {
  Value value = exprs.Emit(time);
  if (!value.certain()) {
    // The runtime sends no such rows; should one come, it is dead and not misplaced.
    llvm::Value* code =
        b_.CreateSelect(exprs.IsNull(value), b_.Code(kFlowErrNoEventTime), exprs.StatusOf(value));
    DieIf(b_.CreateNot(exprs.IsValue(value)), code);
  }
  return value.value;
}

llvm::Value* PipelineEmitter::Watermark() {
  if (watermark_base_ == nullptr) return b_.getInt64(static_cast<uint64_t>(INT64_MIN));
  llvm::Value* at =
      b_.CreateInBoundsGEP(b_.getInt8Ty(), watermark_base_, b_.CreateMul(row_, watermark_stride_));
  return b_.LoadField(m_.i64, at, 0);
}

void PipelineEmitter::EmitLateOnly(ExprEmitter& exprs) {
  if (!pipeline_.late_of) return;
  llvm::Value* time = EventTime(exprs, *spec_.late_time);
  RowWindows windows = WindowsOf(b_, *pipeline_.late_of, time);
  llvm::Value* late = LateCount(b_, *pipeline_.late_of, windows, Watermark());
  llvm::Value* accepted = b_.CreateICmpULT(late, windows.count);
  // A row that is in no window is not late either.
  if (HasGaps(*pipeline_.late_of)) {
    accepted = b_.CreateOr(accepted, b_.CreateICmpEQ(windows.count, b_.getInt64(0)));
  }
  LeaveIf(accepted, filtered_exit_);
}

void PipelineEmitter::EmitWindows(ExprEmitter& exprs) {
  if (!pipeline_.window) {
    EmitWindowFilter(exprs, dead_exit_, filtered_exit_);
    EmitOutputs(exprs, nullptr, nullptr, dead_exit_);
    b_.CreateBr(next_);
    return;
  }
  const program::Window& window = *pipeline_.window;
  llvm::Value* time = EventTime(exprs, *spec_.time);
  RowWindows windows = WindowsOf(b_, window, time);
  if (HasGaps(window)) LeaveIf(b_.CreateICmpEQ(windows.count, b_.getInt64(0)), filtered_exit_);
  llvm::Value* late = b_.getInt64(0);
  // Lateness is judged once: what LATE TO let through is not judged again.
  if (pipeline_.judges_lateness && !pipeline_.late_of) {
    late = LateCount(b_, window, windows, Watermark());
    LeaveIf(b_.CreateICmpEQ(late, windows.count), late_exit_);
    if (!IsSingle(window)) Increment(late_windows_, late);
  }
  if (window.mode == program::WindowMode::kSlice) {
    EmitWindowFilter(exprs, dead_exit_, filtered_exit_);
    int64_t slice = std::gcd(window.size, window.slide);
    EmitOutputs(exprs, FloorTo(b_, time, window.offset, slice), late, dead_exit_);
    b_.CreateBr(next_);
    return;
  }

  if (IsSingle(window)) {
    window_ = windows.first;
    EmitWindowFilter(exprs, dead_exit_, filtered_exit_);
    EmitOutputs(exprs, window_, b_.getInt32(0), dead_exit_);
    b_.CreateBr(next_);
    return;
  }

  EmitWindowLoop(exprs, windows, late);
}

// An output in error makes the row dead for all its windows: what it wrote is taken back. Else the
// row is accepted if one of its windows passes the filter, else dead if the filter was in error for
// one of them (with the first error), else filtered.
void PipelineEmitter::EmitWindowLoop(ExprEmitter& exprs, const RowWindows& windows,
                                     llvm::Value* late) {
  llvm::Value* step = b_.getInt64(static_cast<uint64_t>(pipeline_.window->slide));
  // What does not look at the window is computed once for all of them.
  for (const BoundExprPtr& output : spec_.outputs) {
    if (!UsesWindow(*output)) exprs.Emit(*output);
  }
  llvm::Value* row_error = b_.Local(m_.i32, "row_error");
  llvm::Value* before = b_.CreateLoad(m_.i64, written_);
  b_.CreateStore(b_.Code(kFlowValue), row_error);
  llvm::Value* start = b_.CreateAdd(windows.first, b_.CreateMul(late, step));
  llvm::Value* end = b_.CreateAdd(windows.first, b_.CreateMul(windows.count, step));
  llvm::BasicBlock* from = b_.GetInsertBlock();
  llvm::BasicBlock* body = b_.NewBlock("window");
  llvm::BasicBlock* filter_failed = b_.NewBlock("filter_error");
  llvm::BasicBlock* output_failed = b_.NewBlock("output_error");
  llvm::BasicBlock* advance = b_.NewBlock("next_window");
  llvm::BasicBlock* done = b_.NewBlock("windows_done");
  b_.CreateBr(body);
  b_.Enter(body);
  llvm::PHINode* current = b_.CreatePHI(m_.i64, 2, "current");
  current->addIncoming(start, from);
  window_ = current;
  exprs.OpenScope();
  EmitWindowFilter(exprs, filter_failed, advance);
  EmitOutputs(exprs, current, b_.getInt32(0), output_failed);
  b_.CreateBr(advance);
  exprs.CloseScope();

  b_.Enter(output_failed);
  b_.CreateStore(before, written_);
  b_.CreateBr(dead_exit_);

  b_.Enter(filter_failed);
  llvm::Value* first_error = b_.CreateLoad(m_.i32, row_error);
  llvm::Value* is_first = b_.CreateICmpEQ(first_error, b_.Code(kFlowValue));
  b_.CreateStore(b_.CreateSelect(is_first, b_.CreateLoad(m_.i32, error_), first_error), row_error);
  b_.CreateBr(advance);

  b_.Enter(advance);
  llvm::Value* following = b_.CreateAdd(current, step);
  current->addIncoming(following, advance);
  b_.CreateCondBr(b_.CreateICmpSLT(following, end), body, done);

  b_.Enter(done);
  LeaveIf(b_.CreateICmpNE(b_.CreateLoad(m_.i64, written_), before), next_);
  llvm::Value* code = b_.CreateLoad(m_.i32, row_error);
  DieIf(b_.CreateICmpNE(code, b_.Code(kFlowValue)), code);
  b_.CreateBr(filtered_exit_);
}

void PipelineEmitter::EmitWindowFilter(ExprEmitter& exprs, llvm::BasicBlock* on_error,
                                       llvm::BasicBlock* otherwise) {
  if (spec_.window_filter == nullptr) return;
  Value keep = exprs.Emit(*spec_.window_filter);
  b_.CreateStore(exprs.StatusOf(keep), error_);
  LeaveIf(exprs.IsError(keep), on_error);
  LeaveIf(b_.CreateNot(b_.CreateAnd(exprs.IsValue(keep), keep.value)), otherwise);
}

void PipelineEmitter::EmitOutputs(ExprEmitter& exprs, llvm::Value* window, llvm::Value* skip,
                                  llvm::BasicBlock* on_error) {
  std::vector<Value> outputs;
  for (size_t i = 0; i < spec_.outputs.size(); ++i) {
    Value value = exprs.Emit(*spec_.outputs[i]);
    if (i < pipeline_.checked.size() && pipeline_.checked[i] && value.may_error) {
      b_.CreateStore(value.status, error_);
      LeaveIf(exprs.IsError(value), on_error);
    }
    outputs.push_back(value);
  }
  llvm::Value* at = b_.CreateLoad(m_.i64, written_);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Type& type = spec_.outputs[i]->type;
    Value& value = outputs[i];
    if (type.is_variable() && !value.certain()) {
      // What is under a NULL may point to nowhere.
      value.value = b_.CreateSelect(exprs.IsValue(value), value.value, m_.EmptyString());
    }
    b_.StoreCell(type, value.value, Element(out_[i].values, at, type.width()));
    b_.StoreStatus(exprs.StatusOf(value), Element(out_[i].status, at, 1));
  }
  b_.StoreField(b_.CreateTrunc(row_, m_.i32), Element(out_row_, at, 4), 0);
  if (window != nullptr) {
    b_.StoreField(window, Element(out_window_, at, 8), 0);
    if (pipeline_.window->mode == program::WindowMode::kSlice) {
      b_.StoreField(b_.CreateTrunc(skip, m_.i32), Element(out_skip_, at, 4), 0);
    }
  }
  if (pipeline_.hashes) {
    llvm::Value* hash = b_.CreateAnd(EmitHash(outputs), hash_mask_);
    b_.StoreField(hash, Element(out_hash_, at, 8), 0);
  }
  b_.CreateStore(b_.CreateAdd(at, b_.getInt64(1)), written_);
}

llvm::Value* PipelineEmitter::EmitHash(const std::vector<Value>& outputs) {
  llvm::Value* hash = b_.getInt64(FLOW_HASH_SEED);
  for (int i = 0; i < pipeline_.key_count; ++i) {
    const Value& key = outputs[static_cast<size_t>(i)];
    const Type& type = spec_.outputs[static_cast<size_t>(i)]->type;
    auto of_value = [&]() -> llvm::Value* {
      switch (type.kind) {
        case TypeKind::kString:
        case TypeKind::kBytes:
        case TypeKind::kArray:
        case TypeKind::kStruct:
        case TypeKind::kMap:
        case TypeKind::kJson:
          return b_.CreateCall(m_.Callee("flow_op_hash_string"), {hash, key.value});
        case TypeKind::kDecimal:
          return b_.CreateCall(m_.Callee("flow_op_hash_i128"), {hash, b_.Spill(key.value)});
        case TypeKind::kDouble:
          return b_.CreateCall(m_.Callee("flow_op_hash_double"), {hash, key.value});
        case TypeKind::kBoolean:
          return b_.CreateCall(m_.Callee("flow_op_hash_u64"),
                               {hash, b_.CreateZExt(key.value, m_.i64)});
        case TypeKind::kNull:
        case TypeKind::kInt:
        case TypeKind::kBigint:
        case TypeKind::kDate:
        case TypeKind::kTimestamp:
        case TypeKind::kInterval:
          break;
      }
      return b_.CreateCall(m_.Callee("flow_op_hash_u64"),
                           {hash, b_.CreateSExtOrTrunc(key.value, m_.i64)});
    };
    if (key.certain()) {
      hash = of_value();
      continue;
    }
    llvm::BasicBlock* value_block = b_.NewBlock("hash_value");
    llvm::BasicBlock* null_block = b_.NewBlock("hash_null");
    llvm::BasicBlock* join = b_.NewBlock("hashed");
    b_.CreateCondBr(b_.CreateICmpEQ(key.status, b_.Code(kFlowValue)), value_block, null_block);
    b_.Enter(null_block);
    llvm::Value* null_hash = b_.CreateCall(m_.Callee("flow_op_hash_null"), {hash});
    b_.CreateBr(join);
    b_.Enter(value_block);
    llvm::Value* value_hash = of_value();
    value_block = b_.GetInsertBlock();
    b_.CreateBr(join);
    b_.Enter(join);
    llvm::PHINode* merged = b_.CreatePHI(m_.i64, 2);
    merged->addIncoming(null_hash, null_block);
    merged->addIncoming(value_hash, value_block);
    hash = merged;
  }
  return hash;
}

void PipelineEmitter::FinishExits() {
  b_.Enter(filtered_exit_);
  Increment(filtered_, b_.getInt64(1));
  b_.CreateBr(next_);
  b_.Enter(late_exit_);
  Increment(late_, b_.getInt64(1));
  b_.CreateBr(next_);
  b_.Enter(dead_exit_);
  llvm::Value* at = b_.CreateLoad(m_.i64, dead_);
  b_.StoreField(b_.CreateTrunc(row_, m_.i32), Element(dead_row_, at, 4), 0);
  b_.StoreStatus(b_.CreateLoad(m_.i32, error_), Element(dead_code_, at, 1));
  Increment(dead_, b_.getInt64(1));
  b_.CreateBr(next_);
}

void PipelineEmitter::StoreCounters() {
  auto add = [&](llvm::Value* local, size_t offset) {
    auto at = static_cast<int64_t>(offset);
    llvm::Value* sum = b_.CreateAdd(b_.LoadField(m_.i64, args_, at), b_.CreateLoad(m_.i64, local));
    b_.StoreField(sum, args_, at);
  };
  add(dead_, offsetof(FlowPipelineArgs, dead));
  add(filtered_, offsetof(FlowPipelineArgs, filtered));
  add(late_, offsetof(FlowPipelineArgs, late));
  add(late_windows_, offsetof(FlowPipelineArgs, late_windows));
}

void PipelineEmitter::Emit() {
  LoadArguments();
  llvm::Value* first = b_.CreateSExt(
      b_.LoadField(m_.i32, args_, offsetof(FlowPipelineArgs, first_row)), m_.i64, "first_row");
  llvm::Value* rows =
      b_.CreateSExt(b_.LoadField(m_.i32, args_, offsetof(FlowPipelineArgs, rows)), m_.i64, "rows");
  llvm::Value* end = b_.CreateAdd(first, rows);
  llvm::BasicBlock* entry = b_.GetInsertBlock();
  llvm::BasicBlock* row_block = b_.NewBlock("row");
  llvm::BasicBlock* done = b_.NewBlock("done");
  next_ = b_.NewBlock("next_row");
  filtered_exit_ = b_.NewBlock("filtered");
  late_exit_ = b_.NewBlock("late");
  dead_exit_ = b_.NewBlock("dead");
  b_.CreateCondBr(b_.CreateICmpSLT(first, end), row_block, done);

  b_.Enter(row_block);
  llvm::PHINode* row = b_.CreatePHI(m_.i64, 2, "row");
  row->addIncoming(first, entry);
  row_ = row;
  ExprEmitter exprs(b_, numbering_, arena_, [this](int column) { return InputColumn(column); });
  EmitFilter(exprs);
  EmitLateOnly(exprs);
  EmitWindows(exprs);
  FinishExits();

  b_.Enter(next_);
  llvm::Value* following = b_.CreateAdd(row, b_.getInt64(1));
  row->addIncoming(following, next_);
  b_.CreateCondBr(b_.CreateICmpSLT(following, end), row_block, done);

  b_.Enter(done);
  StoreCounters();
  b_.CreateRet(b_.CreateTrunc(b_.CreateLoad(m_.i64, written_), m_.i32));
}

}  // namespace

void EmitPipeline(ModuleBuilder& module, const std::string& name, const program::Pipeline& pipeline,
                  const PipelineSpec& spec, bool cse) {
  llvm::Function* function = module.NewKernel(name, module.i32, {module.ptr, module.ptr});
  PipelineEmitter(module, function, pipeline, spec, cse).Emit();
}

}  // namespace flow::codegen
