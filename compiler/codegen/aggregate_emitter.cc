// Gives EmitAggregate. Each function is small and direct; update and finish loop over rows.
#include "compiler/codegen/aggregate_emitter.h"

#include <cstddef>

#include "compiler/codegen/accumulator_emitter.h"
#include "runtime/abi/abi.h"

namespace flow::codegen {

namespace {

using program::Aggregate;
using program::Cell;

// A key's value and status, wherever they stand.
struct KeyCell {
  llvm::Value* cell;
  llvm::Value* status;
};

class AggregateEmitter {
 public:
  AggregateEmitter(ModuleBuilder& module, const std::string& prefix, const Aggregate& aggregate)
      : m_(module), prefix_(prefix), aggregate_(aggregate), layout_(aggregate.layout) {}

  void EmitEqual();
  void EmitEqualEntries();
  void EmitInsert();
  void EmitInsertEntry();
  void EmitUpdate();
  void EmitMerge();
  void EmitFinish();
  void EmitLive();
  void EmitDestroy();

 private:
  llvm::Function* New(const char* name, llvm::Type* result, std::vector<llvm::Type*> parameters) {
    return m_.NewKernel(prefix_ + "_" + name, result, parameters);
  }
  AccumulatorEmitter Accumulator(FunctionBuilder& b, size_t call) {
    return AccumulatorEmitter(b, aggregate_.calls[call], layout_.accumulators[call],
                              aggregate_.updating_input);
  }
  KeyCell InEntry(FunctionBuilder& b, llvm::Value* entry, const Cell& key) {
    return {b.Field(entry, key.offset), b.Field(entry, key.status_offset)};
  }
  // Cell `row` (i64) of column `index` of `columns` (FlowColumn*).
  KeyCell InColumn(FunctionBuilder& b, llvm::Value* columns, size_t index, const Type& type,
                   llvm::Value* row) {
    auto at = static_cast<int64_t>(index * sizeof(FlowColumn));
    llvm::Value* values =
        b.LoadField(m_.ptr, columns, at + static_cast<int64_t>(offsetof(FlowColumn, values)));
    llvm::Value* status =
        b.LoadField(m_.ptr, columns, at + static_cast<int64_t>(offsetof(FlowColumn, status)));
    llvm::Value* offset = b.CreateMul(row, b.getInt64(static_cast<uint64_t>(type.width())));
    return {b.CreateInBoundsGEP(m_.i8, values, offset), b.CreateInBoundsGEP(m_.i8, status, row)};
  }
  llvm::Value* SameValue(FunctionBuilder& b, const Type& type, llvm::Value* a, llvm::Value* c);
  // Returns false from the function unless the keys are equal; goes on otherwise.
  void RequireEqual(FunctionBuilder& b, const Type& type, const KeyCell& a, const KeyCell& c,
                    llvm::BasicBlock* differ);
  void CopyKey(FunctionBuilder& b, const Type& type, const KeyCell& from, const KeyCell& to,
               llvm::Value* arena);
  void ClearAccumulators(FunctionBuilder& b, llvm::Value* entry);
  // Writes `for (i = 0; i < rows; ++i) body(i)` (i64).
  template <typename Body>
  void ForRows(FunctionBuilder& b, llvm::Value* rows, Body body);

  ModuleBuilder& m_;
  std::string prefix_;
  const Aggregate& aggregate_;
  const program::AggregateLayout& layout_;
};

template <typename Body>
void AggregateEmitter::ForRows(FunctionBuilder& b, llvm::Value* rows, Body body) {
  llvm::Value* end = b.CreateSExt(rows, m_.i64);
  llvm::BasicBlock* before = b.GetInsertBlock();
  llvm::BasicBlock* loop = b.NewBlock("row");
  llvm::BasicBlock* done = b.NewBlock("done");
  b.CreateCondBr(b.CreateICmpSGT(end, b.getInt64(0)), loop, done);
  b.Enter(loop);
  llvm::PHINode* row = b.CreatePHI(m_.i64, 2, "row");
  row->addIncoming(b.getInt64(0), before);
  body(row);
  llvm::Value* next = b.CreateAdd(row, b.getInt64(1));
  row->addIncoming(next, b.GetInsertBlock());
  b.CreateCondBr(b.CreateICmpSLT(next, end), loop, done);
  b.Enter(done);
}

llvm::Value* AggregateEmitter::SameValue(FunctionBuilder& b, const Type& type, llvm::Value* a,
                                         llvm::Value* c) {
  if (type.is(TypeKind::kString)) {
    return b.CreateICmpNE(b.CreateCall(m_.Callee("flow_op_string_equal"), {a, c}), b.Byte(0));
  }
  llvm::Value* x = b.LoadCell(type, a);
  llvm::Value* y = b.LoadCell(type, c);
  if (!type.is(TypeKind::kDouble)) return b.CreateICmpEQ(x, y);
  return b.CreateOr(b.CreateFCmpOEQ(x, y),
                    b.CreateAnd(b.CreateFCmpUNO(x, x), b.CreateFCmpUNO(y, y)));
}

void AggregateEmitter::RequireEqual(FunctionBuilder& b, const Type& type, const KeyCell& a,
                                    const KeyCell& c, llvm::BasicBlock* differ) {
  llvm::Value* a_status = b.LoadField(m_.i8, a.status, 0);
  llvm::Value* c_status = b.LoadField(m_.i8, c.status, 0);
  llvm::BasicBlock* same_status = b.NewBlock("same_status");
  llvm::BasicBlock* compare = b.NewBlock("compare");
  llvm::BasicBlock* next = b.NewBlock("next_key");
  b.CreateCondBr(b.CreateICmpEQ(a_status, c_status), same_status, differ);
  b.Enter(same_status);
  b.CreateCondBr(b.CreateICmpEQ(a_status, b.Byte(kFlowValue)), compare, next);
  b.Enter(compare);
  b.CreateCondBr(SameValue(b, type, a.cell, c.cell), next, differ);
  b.Enter(next);
}

void AggregateEmitter::CopyKey(FunctionBuilder& b, const Type& type, const KeyCell& from,
                               const KeyCell& to, llvm::Value* arena) {
  llvm::Value* status = b.LoadField(m_.i8, from.status, 0);
  b.StoreField(status, to.status, 0);
  if (!type.is(TypeKind::kString)) {
    llvm::Value* value = b.LoadCell(type, from.cell);
    if (type.is(TypeKind::kDouble)) value = b.CanonicalDouble(value);
    b.StoreCell(type, value, to.cell);
    return;
  }
  llvm::BasicBlock* copy = b.NewBlock("copy");
  llvm::BasicBlock* next = b.NewBlock("copied");
  b.StoreCell(type, m_.EmptyString(), to.cell);
  b.CreateCondBr(b.CreateICmpEQ(status, b.Byte(kFlowValue)), copy, next);
  b.Enter(copy);
  b.CreateCall(m_.Callee("flow_op_string_copy"), {to.cell, from.cell, arena});
  b.CreateBr(next);
  b.Enter(next);
}

void AggregateEmitter::ClearAccumulators(FunctionBuilder& b, llvm::Value* entry) {
  for (size_t i = 0; i < aggregate_.calls.size(); ++i) Accumulator(b, i).Clear(entry);
  if (layout_.live_offset >= 0) b.StoreField(b.getInt64(0), entry, layout_.live_offset);
}

void AggregateEmitter::EmitEqual() {
  llvm::Function* f = New("equal", m_.i1, {m_.ptr, m_.ptr, m_.ptr, m_.i32});
  FunctionBuilder b(m_, f);
  llvm::BasicBlock* differ = b.NewBlock("differ");
  llvm::Value* row = b.CreateSExt(f->getArg(3), m_.i64);
  for (size_t i = 0; i < layout_.keys.size(); ++i) {
    const Cell& key = layout_.keys[i];
    RequireEqual(b, key.type, InEntry(b, f->getArg(1), key),
                 InColumn(b, f->getArg(2), i, key.type, row), differ);
  }
  b.CreateRet(b.getTrue());
  b.Enter(differ);
  b.CreateRet(b.getFalse());
}

void AggregateEmitter::EmitEqualEntries() {
  llvm::Function* f = New("equal_entries", m_.i1, {m_.ptr, m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  llvm::BasicBlock* differ = b.NewBlock("differ");
  for (const Cell& key : layout_.keys) {
    RequireEqual(b, key.type, InEntry(b, f->getArg(1), key), InEntry(b, f->getArg(2), key), differ);
  }
  b.CreateRet(b.getTrue());
  b.Enter(differ);
  b.CreateRet(b.getFalse());
}

void AggregateEmitter::EmitInsert() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("insert", none, {m_.ptr, m_.ptr, m_.ptr, m_.i32, m_.ptr});
  FunctionBuilder b(m_, f);
  llvm::Value* row = b.CreateSExt(f->getArg(3), m_.i64);
  for (size_t i = 0; i < layout_.keys.size(); ++i) {
    const Cell& key = layout_.keys[i];
    CopyKey(b, key.type, InColumn(b, f->getArg(2), i, key.type, row), InEntry(b, f->getArg(1), key),
            f->getArg(4));
  }
  ClearAccumulators(b, f->getArg(1));
  b.CreateRetVoid();
}

void AggregateEmitter::EmitInsertEntry() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("insert_entry", none, {m_.ptr, m_.ptr, m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  for (const Cell& key : layout_.keys) {
    CopyKey(b, key.type, InEntry(b, f->getArg(2), key), InEntry(b, f->getArg(1), key),
            f->getArg(3));
  }
  ClearAccumulators(b, f->getArg(1));
  b.CreateRetVoid();
}

void AggregateEmitter::EmitUpdate() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("update", none, {m_.ptr, m_.ptr, m_.ptr, m_.ptr, m_.i32, m_.ptr});
  FunctionBuilder b(m_, f);
  llvm::Value* entries = f->getArg(1);
  llvm::Value* in = f->getArg(2);
  llvm::Value* weights = f->getArg(3);
  llvm::Value* rows = f->getArg(4);
  llvm::Value* arena = f->getArg(5);
  auto loop = [&](bool weighted) {
    ForRows(b, rows, [&](llvm::Value* row) {
      llvm::Value* word = b.CreateMul(row, b.getInt64(8));
      llvm::Value* entry = b.LoadField(m_.ptr, b.CreateInBoundsGEP(m_.i8, entries, word), 0);
      llvm::Value* weight = weighted
                                ? b.LoadField(m_.i64, b.CreateInBoundsGEP(m_.i8, weights, word), 0)
                                : static_cast<llvm::Value*>(b.getInt64(1));
      if (layout_.live_offset >= 0) {
        llvm::Value* live = b.LoadField(m_.i64, entry, layout_.live_offset);
        b.StoreField(b.CreateAdd(live, weight), entry, layout_.live_offset);
      }
      for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
        const program::AggregateCall& call = aggregate_.calls[i];
        llvm::Value* cell = nullptr;
        llvm::Value* status = nullptr;
        if (call.argument >= 0) {
          KeyCell argument =
              InColumn(b, in, static_cast<size_t>(call.argument), call.argument_type, row);
          cell = argument.cell;
          status = b.LoadField(m_.i8, argument.status, 0);
        }
        Accumulator(b, i).Add(entry, cell, status, weight, arena);
      }
    });
    b.CreateRetVoid();
  };
  // Most input has no weights: a loop of its own needs no multiplication.
  llvm::BasicBlock* plain = b.NewBlock("plain");
  llvm::BasicBlock* weighted = b.NewBlock("weighted");
  b.CreateCondBr(b.CreateIsNull(weights), plain, weighted);
  b.Enter(plain);
  loop(false);
  b.Enter(weighted);
  loop(true);
}

void AggregateEmitter::EmitMerge() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("merge", none, {m_.ptr, m_.ptr, m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  llvm::Value* entry = f->getArg(1);
  llvm::Value* from = f->getArg(2);
  if (layout_.live_offset >= 0) {
    llvm::Value* live = b.CreateAdd(b.LoadField(m_.i64, entry, layout_.live_offset),
                                    b.LoadField(m_.i64, from, layout_.live_offset));
    b.StoreField(live, entry, layout_.live_offset);
  }
  for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
    Accumulator(b, i).Merge(entry, from, f->getArg(3));
  }
  b.CreateRetVoid();
}

void AggregateEmitter::EmitFinish() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("finish", none, {m_.ptr, m_.ptr, m_.i32, m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  llvm::Value* entries = f->getArg(1);
  llvm::Value* out = f->getArg(3);
  ForRows(b, f->getArg(2), [&](llvm::Value* row) {
    llvm::Value* word = b.CreateMul(row, b.getInt64(8));
    llvm::Value* entry = b.LoadField(m_.ptr, b.CreateInBoundsGEP(m_.i8, entries, word), 0);
    for (size_t i = 0; i < layout_.keys.size(); ++i) {
      const Cell& key = layout_.keys[i];
      KeyCell from = InEntry(b, entry, key);
      KeyCell to = InColumn(b, out, i, key.type, row);
      b.StoreField(b.LoadField(m_.i8, from.status, 0), to.status, 0);
      b.StoreCell(key.type, b.LoadCell(key.type, from.cell), to.cell);
    }
    for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
      KeyCell to = InColumn(b, out, layout_.keys.size() + i, aggregate_.calls[i].result_type, row);
      Accumulator(b, i).Finish(entry, to.cell, to.status);
    }
  });
  b.CreateRetVoid();
}

void AggregateEmitter::EmitLive() {
  if (layout_.live_offset < 0) return;
  llvm::Function* f = New("live", m_.i64, {m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  b.CreateRet(b.LoadField(m_.i64, f->getArg(1), layout_.live_offset));
}

void AggregateEmitter::EmitDestroy() {
  if (!layout_.needs_destroy) return;
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("destroy", none, {m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  for (size_t i = 0; i < aggregate_.calls.size(); ++i) Accumulator(b, i).Destroy(f->getArg(1));
  b.CreateRetVoid();
}

}  // namespace

void EmitAggregate(ModuleBuilder& module, const std::string& prefix,
                   const program::Aggregate& aggregate) {
  AggregateEmitter emitter(module, prefix, aggregate);
  emitter.EmitEqual();
  emitter.EmitEqualEntries();
  emitter.EmitInsert();
  emitter.EmitInsertEntry();
  emitter.EmitUpdate();
  emitter.EmitMerge();
  emitter.EmitFinish();
  emitter.EmitLive();
  emitter.EmitDestroy();
}

}  // namespace flow::codegen
