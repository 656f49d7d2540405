// What the emitters share while they write one LLVM module: types, constants, declared functions.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/datum.h"
#include "runtime/base/type.h"

namespace flow::codegen {

// An SQL value in SSA form. `value` is i1 for BOOLEAN, i32, i64, double, i128 for DECIMAL, and for
// STRING a pointer to a FlowString that lives as long as the row is worked on.
struct Value {
  llvm::Value* value = nullptr;
  // i32, although cells have 8 bits: x86 has no conditional move of a byte. nullptr: always a
  // value.
  llvm::Value* status = nullptr;
  // What `status` can be. Both false iff it is nullptr.
  bool may_null = false;
  bool may_error = false;

  bool certain() const { return status == nullptr; }
};

class ModuleBuilder {
 public:
  explicit ModuleBuilder(llvm::LLVMContext& context);

  llvm::LLVMContext& context() { return context_; }
  llvm::Module& module() { return *module_; }
  std::unique_ptr<llvm::Module> Take() { return std::move(module_); }

  // The type of Value::value, and the type of a cell in memory (BOOLEAN i8, STRING [2 x i64]).
  llvm::Type* SsaType(const Type& type);
  llvm::Type* CellType(const Type& type);
  llvm::Constant* Zero(const Type& type);

  // A function of natives.h, declared on first use.
  llvm::FunctionCallee Callee(std::string_view name);
  // Starts a function that the runtime calls.
  llvm::Function* NewKernel(const std::string& name, llvm::Type* result,
                            llvm::ArrayRef<llvm::Type*> parameters);
  // Read-only memory of this module.
  llvm::Constant* NewConstant(llvm::Constant* initializer, const std::string& name);
  // A FlowString constant, and an array of them.
  llvm::Constant* String(const std::string& text);
  llvm::Constant* Strings(const std::vector<std::string>& texts);
  llvm::Constant* EmptyString() { return String(""); }

  llvm::Type* i1;
  llvm::Type* i8;
  llvm::Type* i32;
  llvm::Type* i64;
  llvm::Type* i128;
  llvm::Type* i256;
  llvm::Type* f64;
  llvm::Type* ptr;
  llvm::Type* cell16;

 private:
  llvm::Type* LetterType(char letter);
  llvm::Constant* StringInitializer(const std::string& text);

  llvm::LLVMContext& context_;
  std::unique_ptr<llvm::Module> module_;
  std::map<std::string, llvm::Constant*> strings_;
  int constants_ = 0;
};

llvm::APInt ToApInt(FlowInt128 value);

// Writes one function: an IRBuilder with the few moves that all emitters need.
class FunctionBuilder : public llvm::IRBuilder<> {
 public:
  FunctionBuilder(ModuleBuilder& module, llvm::Function* function);

  ModuleBuilder& m() { return module_; }
  llvm::Function* function() { return function_; }

  // Memory of the whole call, 16-aligned.
  llvm::AllocaInst* Local(llvm::Type* type, const llvm::Twine& name = "");
  llvm::BasicBlock* NewBlock(const llvm::Twine& name);
  // Goes on writing at the end of `block`.
  void Enter(llvm::BasicBlock* block) { SetInsertPoint(block); }
  llvm::Value* Byte(uint8_t value) { return getInt8(value); }
  llvm::Value* Code(uint8_t status) { return getInt32(status); }

  // The field of type `type` at `offset` bytes of `base`.
  llvm::Value* Field(llvm::Value* base, int64_t offset);
  llvm::Value* LoadField(llvm::Type* type, llvm::Value* base, int64_t offset,
                         const llvm::Twine& name = "");
  void StoreField(llvm::Value* value, llvm::Value* base, int64_t offset);

  // The status byte of a cell to SSA and back.
  llvm::Value* LoadStatus(llvm::Value* address);
  void StoreStatus(llvm::Value* status, llvm::Value* address);

  // A cell in memory to SSA and back. A STRING's SSA value is the cell's own address.
  llvm::Value* LoadCell(const Type& type, llvm::Value* address);
  void StoreCell(const Type& type, llvm::Value* value, llvm::Value* address);
  // The address of a copy of an SSA value that a C function may read.
  llvm::Value* Spill(llvm::Value* value);
  // -0 as +0 and every NaN as one NaN: what keys, MIN and MAX hold.
  llvm::Value* CanonicalDouble(llvm::Value* value);

 private:
  ModuleBuilder& module_;
  llvm::Function* function_;
};

}  // namespace flow::codegen
