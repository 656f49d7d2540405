// ModuleBuilder and FunctionBuilder: see module.h.
#include "compiler/codegen/module.h"

#include <cstring>

#include "compiler/codegen/natives.h"
#include "runtime/abi/abi.h"

namespace flow::codegen {

ModuleBuilder::ModuleBuilder(llvm::LLVMContext& context)
    : i1(llvm::Type::getInt1Ty(context)),
      i8(llvm::Type::getInt8Ty(context)),
      i32(llvm::Type::getInt32Ty(context)),
      i64(llvm::Type::getInt64Ty(context)),
      i128(llvm::Type::getInt128Ty(context)),
      i256(llvm::Type::getIntNTy(context, 256)),
      f64(llvm::Type::getDoubleTy(context)),
      ptr(llvm::PointerType::getUnqual(context)),
      cell16(llvm::ArrayType::get(i64, 2)),
      context_(context),
      module_(std::make_unique<llvm::Module>("flow", context)) {}

llvm::Type* ModuleBuilder::SsaType(const Type& type) {
  switch (type.kind) {
    case TypeKind::kNull:
    case TypeKind::kBoolean:
      return i1;
    case TypeKind::kInt:
    case TypeKind::kDate:
      return i32;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return i64;
    case TypeKind::kDouble:
      return f64;
    case TypeKind::kDecimal:
      return i128;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return ptr;
      break;
  }
  llvm_unreachable("a STRUCT has no value of its own");
}

llvm::Type* ModuleBuilder::CellType(const Type& type) {
  if (type.is(TypeKind::kBoolean) || type.is(TypeKind::kNull)) return i8;
  if (type.is_variable()) return cell16;
  return SsaType(type);
}

llvm::Constant* ModuleBuilder::Zero(const Type& type) {
  if (type.is_variable()) return EmptyString();
  return llvm::Constant::getNullValue(SsaType(type));
}

llvm::Type* ModuleBuilder::LetterType(char letter) {
  switch (letter) {
    case 'v':
      return llvm::Type::getVoidTy(context_);
    case 'b':
      return i8;
    case 'i':
      return i32;
    case 'l':
      return i64;
    case 'd':
      return f64;
    default:
      return ptr;
  }
}

llvm::FunctionCallee ModuleBuilder::Callee(std::string_view name) {
  if (llvm::Function* declared = module_->getFunction(llvm::StringRef(name.data(), name.size()))) {
    return declared;
  }
  const Native* native = FindNative(name);
  assert(native != nullptr && native->signature.size() >= 2);
  std::vector<llvm::Type*> parameters;
  for (char letter : native->signature.substr(2)) parameters.push_back(LetterType(letter));
  auto* type = llvm::FunctionType::get(LetterType(native->signature[0]), parameters, false);
  auto* function =
      llvm::Function::Create(type, llvm::Function::ExternalLinkage, native->name, module_.get());
  function->setDoesNotThrow();
  // The C ABI extends small integers.
  for (unsigned i = 0; i < parameters.size(); ++i) {
    if (parameters[i] == i8) function->addParamAttr(i, llvm::Attribute::ZExt);
  }
  if (type->getReturnType() == i8) function->addRetAttr(llvm::Attribute::ZExt);
  return function;
}

llvm::Function* ModuleBuilder::NewKernel(const std::string& name, llvm::Type* result,
                                         llvm::ArrayRef<llvm::Type*> parameters) {
  auto* type = llvm::FunctionType::get(result, parameters, false);
  auto* function =
      llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, module_.get());
  function->setDoesNotThrow();
  if (result == i1) function->addRetAttr(llvm::Attribute::ZExt);
  return function;
}

llvm::Constant* ModuleBuilder::NewConstant(llvm::Constant* initializer, const std::string& name) {
  std::string unique = name + "." + std::to_string(constants_++);
  auto* global =
      llvm::cast<llvm::GlobalVariable>(module_->getOrInsertGlobal(unique, initializer->getType()));
  global->setInitializer(initializer);
  global->setConstant(true);
  global->setLinkage(llvm::GlobalValue::PrivateLinkage);
  global->setAlignment(llvm::Align(16));
  return global;
}

llvm::Constant* ModuleBuilder::StringInitializer(const std::string& text) {
  auto size = static_cast<uint32_t>(text.size());
  if (size <= kFlowStringInline) {
    FlowString inlined;
    flow_string_set(&inlined, text.data(), size);
    uint64_t words[2];
    std::memcpy(words, &inlined, sizeof words);
    return llvm::ConstantDataArray::get(context_, llvm::ArrayRef<uint64_t>(words, 2));
  }
  llvm::Constant* data =
      NewConstant(llvm::ConstantDataArray::getString(context_, text, false), "text");
  auto* prefix = llvm::ConstantDataArray::getString(context_, text.substr(0, 4), false);
  return llvm::ConstantStruct::getAnon({llvm::ConstantInt::get(i32, size), prefix, data},
                                       /*Packed=*/true);
}

llvm::Constant* ModuleBuilder::String(const std::string& text) {
  if (auto known = strings_.find(text); known != strings_.end()) return known->second;
  llvm::Constant* string = NewConstant(StringInitializer(text), "string");
  strings_.emplace(text, string);
  return string;
}

llvm::Constant* ModuleBuilder::Strings(const std::vector<std::string>& texts) {
  std::vector<llvm::Constant*> elements;
  for (const std::string& text : texts) elements.push_back(StringInitializer(text));
  return NewConstant(llvm::ConstantStruct::getAnon(elements, /*Packed=*/true), "strings");
}

llvm::APInt ToApInt(FlowInt128 value) {
  auto bits = static_cast<FlowUInt128>(value);
  uint64_t words[2] = {static_cast<uint64_t>(bits), static_cast<uint64_t>(bits >> 64)};
  return llvm::APInt(128, words);
}

namespace {

// What the runtime promises of cells: natural alignment, 8 for those of 16 bytes.
llvm::Align CellAlign(llvm::Type* type, const llvm::DataLayout& layout) {
  return llvm::Align(std::min<uint64_t>(8, layout.getTypeStoreSize(type)));
}

}  // namespace

FunctionBuilder::FunctionBuilder(ModuleBuilder& module, llvm::Function* function)
    : llvm::IRBuilder<>(llvm::BasicBlock::Create(module.context(), "entry", function)),
      module_(module),
      function_(function) {}

llvm::AllocaInst* FunctionBuilder::Local(llvm::Type* type, const llvm::Twine& name) {
  llvm::BasicBlock& entry = function_->getEntryBlock();
  llvm::IRBuilder<> at(&entry, entry.begin());
  llvm::AllocaInst* memory = at.CreateAlloca(type, nullptr, name);
  memory->setAlignment(llvm::Align(16));
  return memory;
}

llvm::BasicBlock* FunctionBuilder::NewBlock(const llvm::Twine& name) {
  return llvm::BasicBlock::Create(getContext(), name, function_);
}

llvm::Value* FunctionBuilder::Field(llvm::Value* base, int64_t offset) {
  return offset == 0 ? base
                     : CreateConstInBoundsGEP1_64(getInt8Ty(), base, static_cast<uint64_t>(offset));
}

llvm::Value* FunctionBuilder::LoadField(llvm::Type* type, llvm::Value* base, int64_t offset,
                                        const llvm::Twine& name) {
  return CreateAlignedLoad(type, Field(base, offset),
                           CellAlign(type, module_.module().getDataLayout()), name);
}

void FunctionBuilder::StoreField(llvm::Value* value, llvm::Value* base, int64_t offset) {
  CreateAlignedStore(value, Field(base, offset),
                     CellAlign(value->getType(), module_.module().getDataLayout()));
}

llvm::Value* FunctionBuilder::LoadStatus(llvm::Value* address) {
  return CreateZExt(LoadField(getInt8Ty(), address, 0), getInt32Ty());
}

void FunctionBuilder::StoreStatus(llvm::Value* status, llvm::Value* address) {
  StoreField(CreateTrunc(status, getInt8Ty()), address, 0);
}

llvm::Value* FunctionBuilder::LoadCell(const Type& type, llvm::Value* address) {
  if (type.is_variable()) return address;
  llvm::Value* cell = LoadField(module_.CellType(type), address, 0);
  return type.is(TypeKind::kBoolean) ? CreateICmpNE(cell, getInt8(0)) : cell;
}

void FunctionBuilder::StoreCell(const Type& type, llvm::Value* value, llvm::Value* address) {
  if (type.is_variable()) {
    llvm::Value* head = LoadField(getInt64Ty(), value, 0);
    llvm::Value* tail = LoadField(getInt64Ty(), value, 8);
    StoreField(head, address, 0);
    StoreField(tail, address, 8);
    return;
  }
  if (type.is(TypeKind::kBoolean)) value = CreateZExt(value, getInt8Ty());
  StoreField(value, address, 0);
}

llvm::Value* FunctionBuilder::Spill(llvm::Value* value) {
  llvm::AllocaInst* memory = Local(value->getType());
  CreateStore(value, memory);
  return memory;
}

llvm::Value* FunctionBuilder::CanonicalDouble(llvm::Value* value) {
  llvm::Type* type = value->getType();
  llvm::Value* positive = CreateFAdd(value, llvm::ConstantFP::get(type, 0));
  return CreateSelect(CreateFCmpUNO(value, value), llvm::ConstantFP::getQNaN(type), positive);
}

}  // namespace flow::codegen
