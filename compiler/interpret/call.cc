// Calls of standard functions: their native bodies, through libffi (scalar.h).
#include <ffi.h>

#include "compiler/interpret/scalar.h"
#include "runtime/abi/error_code.h"

namespace flow::interpret {

namespace {

// How a value of a type is passed (compiler/catalog/function.h).
ffi_type* Passed(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return &ffi_type_uint8;
    case TypeKind::kInt:
    case TypeKind::kDate:
      return &ffi_type_sint32;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return &ffi_type_sint64;
    case TypeKind::kDouble:
      return &ffi_type_double;
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
    case TypeKind::kNull:
    case TypeKind::kStruct:
      return &ffi_type_pointer;
  }
  return &ffi_type_pointer;
}

bool ByPointer(const Type& type) { return type.is(TypeKind::kDecimal) || type.is_variable(); }

class NativeCall final : public Call {
 public:
  explicit NativeCall(const Function& function)
      : result_(function.result), arguments_(function.arguments), body_(function.address) {
    types_.push_back(&ffi_type_pointer);  // the arena
    for (const Type& type : arguments_) types_.push_back(Passed(type));
    types_.push_back(&ffi_type_pointer);  // the result
    ready_ = ffi_prep_cif(&cif_, FFI_DEFAULT_ABI, static_cast<unsigned>(types_.size()),
                          &ffi_type_uint8, types_.data()) == FFI_OK &&
             body_ != nullptr;
  }

  Value Run(const std::vector<Value>& arguments, FlowArena* arena) const override {
    if (!ready_) return Value::Error(kFlowErrArgument);
    union Cell {
      uint8_t bytes[16];
      const void* pointer;
    };
    std::vector<Cell> cells(arguments.size());
    std::vector<void*> passed;
    passed.push_back(&arena);
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (ByPointer(arguments_[i])) {
        cells[i].pointer = &arguments[i].dec;  // the union's start: the string or the decimal
      } else {
        StoreValue(arguments_[i], arguments[i], cells[i].bytes);
      }
      passed.push_back(&cells[i]);
    }
    alignas(16) uint8_t out[16] = {};
    void* out_pointer = out;
    passed.push_back(&out_pointer);
    ffi_arg status = 0;  // libffi widens small results
    ffi_call(&cif_, FFI_FN(body_), &status, passed.data());
    const auto code = static_cast<uint8_t>(status);
    return code == kFlowValue ? LoadValue(result_, out) : Value::Error(code);
  }

 private:
  Type result_;
  std::vector<Type> arguments_;
  void* body_;
  std::vector<ffi_type*> types_;
  mutable ffi_cif cif_;  // ffi_call takes it without const, but only reads
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Call> PrepareCall(const Function& function) {
  return std::make_unique<NativeCall>(function);
}

}  // namespace flow::interpret
