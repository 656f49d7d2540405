// Gives EmitAggregate. Each function is small and direct; update and finish loop over rows.
#include "compiler/codegen/aggregate_emitter.h"

#include <cstddef>
#include <map>

#include "compiler/codegen/accumulator_emitter.h"
#include "runtime/abi/abi.h"

namespace flow::codegen {

namespace {

using program::Aggregate;
using program::Cell;

// Where a key's value stands, and its status (i8).
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
    return AccumulatorEmitter(b, aggregate_.calls[call], layout_.accumulators[call]);
  }
  KeyCell InEntry(FunctionBuilder& b, llvm::Value* entry, const Cell& key) {
    static_assert(kFlowValue == 0 && kFlowNull == 1);
    llvm::Value* bits = b.LoadField(m_.i8, entry, key.null.offset);
    llvm::Value* is_null = b.CreateICmpNE(b.CreateAnd(bits, b.Byte(key.null.mask)), b.Byte(0));
    return {b.Field(entry, key.offset), b.CreateZExt(is_null, m_.i8)};
  }
  // Cell `row` (i64) of column `index` of `columns` (FlowColumn*); `status` is its address.
  KeyCell PlaceInColumn(FunctionBuilder& b, llvm::Value* columns, size_t index, const Type& type,
                        llvm::Value* row) {
    auto at = static_cast<int64_t>(index * sizeof(FlowColumn));
    llvm::Value* values =
        b.LoadField(m_.ptr, columns, at + static_cast<int64_t>(offsetof(FlowColumn, values)));
    llvm::Value* status =
        b.LoadField(m_.ptr, columns, at + static_cast<int64_t>(offsetof(FlowColumn, status)));
    llvm::Value* offset = b.CreateMul(row, b.getInt64(static_cast<uint64_t>(type.width())));
    return {b.CreateInBoundsGEP(m_.i8, values, offset), b.CreateInBoundsGEP(m_.i8, status, row)};
  }
  KeyCell InColumn(FunctionBuilder& b, llvm::Value* columns, size_t index, const Type& type,
                   llvm::Value* row) {
    KeyCell place = PlaceInColumn(b, columns, index, type, row);
    return {place.cell, b.LoadField(m_.i8, place.status, 0)};
  }
  llvm::Value* SameValue(FunctionBuilder& b, const Type& type, llvm::Value* a, llvm::Value* c);
  // Returns false from the function unless the keys are equal; goes on otherwise.
  void RequireEqual(FunctionBuilder& b, const Type& type, const KeyCell& a, const KeyCell& c,
                    llvm::BasicBlock* differ);
  // Copies all keys and the bits of their NULLs, and sets the accumulators to empty. `from` gives
  // the cell of a key.
  template <typename From>
  void Fill(FunctionBuilder& b, llvm::Value* entry, llvm::Value* arena, From from);
  void CopyKey(FunctionBuilder& b, const Type& type, const KeyCell& from, llvm::Value* to,
               llvm::Value* arena);
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
  if (type.is_variable()) {
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
  llvm::BasicBlock* same_status = b.NewBlock("same_status");
  llvm::BasicBlock* compare = b.NewBlock("compare");
  llvm::BasicBlock* next = b.NewBlock("next_key");
  b.CreateCondBr(b.CreateICmpEQ(a.status, c.status), same_status, differ);
  b.Enter(same_status);
  b.CreateCondBr(b.CreateICmpEQ(a.status, b.Byte(kFlowValue)), compare, next);
  b.Enter(compare);
  b.CreateCondBr(SameValue(b, type, a.cell, c.cell), next, differ);
  b.Enter(next);
}

void AggregateEmitter::CopyKey(FunctionBuilder& b, const Type& type, const KeyCell& from,
                               llvm::Value* to, llvm::Value* arena) {
  if (!type.is_variable()) {
    llvm::Value* value = b.LoadCell(type, from.cell);
    if (type.is(TypeKind::kDouble)) value = b.CanonicalDouble(value);
    b.StoreCell(type, value, to);
    return;
  }
  llvm::BasicBlock* copy = b.NewBlock("copy");
  llvm::BasicBlock* next = b.NewBlock("copied");
  b.StoreCell(type, m_.EmptyString(), to);
  b.CreateCondBr(b.CreateICmpEQ(from.status, b.Byte(kFlowValue)), copy, next);
  b.Enter(copy);
  b.CreateCall(m_.Callee("flow_op_string_copy"), {to, from.cell, arena});
  b.CreateBr(next);
  b.Enter(next);
}

template <typename From>
void AggregateEmitter::Fill(FunctionBuilder& b, llvm::Value* entry, llvm::Value* arena, From from) {
  // Bytes of bits by where they stand.
  std::map<int32_t, llvm::Value*> nulls = {
      {static_cast<int32_t>(offsetof(FlowEntryHeader, nulls)), b.Byte(0)}};
  for (int32_t i = 0; i < layout_.nulls_size; ++i) nulls[layout_.nulls_offset + i] = b.Byte(0);
  for (size_t i = 0; i < layout_.keys.size(); ++i) {
    const Cell& key = layout_.keys[i];
    KeyCell cell = from(i);
    CopyKey(b, key.type, cell, b.Field(entry, key.offset), arena);
    llvm::Value*& bits = nulls[key.null.offset];
    llvm::Value* is_value = b.CreateICmpEQ(cell.status, b.Byte(kFlowValue));
    bits = b.CreateOr(bits, b.CreateSelect(is_value, b.Byte(0), b.Byte(key.null.mask)));
  }
  for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
    Accumulator(b, i).Clear(entry, arena);
    const program::NullBit& null = layout_.accumulators[i].null;
    if (null.mask != 0) nulls[null.offset] = b.CreateOr(nulls[null.offset], b.Byte(null.mask));
  }
  for (const auto& [offset, bits] : nulls) b.StoreField(bits, entry, offset);
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
  Fill(b, f->getArg(1), f->getArg(4),
       [&](size_t i) { return InColumn(b, f->getArg(2), i, layout_.keys[i].type, row); });
  b.CreateRetVoid();
}

void AggregateEmitter::EmitInsertEntry() {
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* f = New("insert_entry", none, {m_.ptr, m_.ptr, m_.ptr, m_.ptr});
  FunctionBuilder b(m_, f);
  Fill(b, f->getArg(1), f->getArg(3),
       [&](size_t i) { return InEntry(b, f->getArg(2), layout_.keys[i]); });
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
          status = argument.status;
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
      KeyCell to = PlaceInColumn(b, out, i, key.type, row);
      b.StoreField(from.status, to.status, 0);
      b.StoreCell(key.type, b.LoadCell(key.type, from.cell), to.cell);
    }
    for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
      KeyCell to =
          PlaceInColumn(b, out, layout_.keys.size() + i, aggregate_.calls[i].result_type, row);
      Accumulator(b, i).Finish(entry, to.cell, to.status, f->getArg(4));
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
  if (!layout_.needs_destroy && !layout_.may_spill) return;
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
