// Gives Code and MakeTarget: the use of LLVM ORC. Every symbol that code can reach is defined from
// the list in natives.h; nothing is looked up in the process.
#include "compiler/codegen/jit.h"

#include <llvm/ExecutionEngine/Orc/CompileUtils.h>
#include <llvm/ExecutionEngine/Orc/ExecutionUtils.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

#include "compiler/codegen/natives.h"
#include "compiler/codegen/optimize.h"
#include "compiler/codegen/symbols.h"

namespace flow::codegen {

namespace {

namespace orc = llvm::orc;

Error AsError(const char* what, llvm::Error error) {
  return InternalError(std::string(what) + ": " + llvm::toString(std::move(error)));
}

Result<orc::JITTargetMachineBuilder> TargetBuilder(bool host, program::Tier tier) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  auto builder = orc::JITTargetMachineBuilder::detectHost();
  if (!builder) return AsError("this machine", builder.takeError());
  if (!host) {
    builder->setCPU("x86-64");
    builder->getFeatures() = llvm::SubtargetFeatures();
  }
  builder->setCodeGenOptLevel(tier == program::Tier::kBaseline ? llvm::CodeGenOptLevel::None
                                                               : llvm::CodeGenOptLevel::Default);
  // a * b + c stays two roundings, as in the interpreter.
  builder->getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  builder->setRelocationModel(llvm::Reloc::PIC_);
  return std::move(*builder);
}

llvm::Error DefineNatives(orc::LLJIT& jit) {
  orc::SymbolMap symbols;
  for (const Native& native : Natives()) {
    symbols[jit.mangleAndIntern(native.name)] = {
        orc::ExecutorAddr::fromPtr(native.address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  }
  return jit.getMainJITDylib().define(orc::absoluteSymbols(std::move(symbols)));
}

}  // namespace

Result<std::unique_ptr<llvm::TargetMachine>> MakeTarget(bool host, program::Tier tier) {
  FLOW_TRY(orc::JITTargetMachineBuilder builder, TargetBuilder(host, tier));
  auto machine = builder.createTargetMachine();
  if (!machine) return AsError("this machine", machine.takeError());
  return std::move(*machine);
}

// The kernels as they are emitted, and what they are to be compiled with.
struct Code::Emitted {
  orc::JITTargetMachineBuilder builder;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  std::vector<std::string> names;
};

Result<Code::Emitted> Code::Emit(const KernelInputs& inputs, bool cse, program::Tier tier) {
  FLOW_TRY(orc::JITTargetMachineBuilder builder, TargetBuilder(/*host=*/true, tier));
  auto machine = builder.createTargetMachine();
  if (!machine) return AsError("this machine", machine.takeError());
  auto context = std::make_unique<llvm::LLVMContext>();
  FLOW_TRY(std::unique_ptr<llvm::Module> module,
           EmitModule(*context, inputs, cse, (*machine)->createDataLayout(),
                      (*machine)->getTargetTriple().str()));
  Emitted emitted{
      std::move(builder), std::move(*machine), std::move(context), std::move(module), {}};
  for (const llvm::Function& function : *emitted.module) {
    if (!function.isDeclaration()) emitted.names.push_back(function.getName().str());
  }
  return emitted;
}

Result<std::shared_ptr<Code>> Code::Load(const Emitted& emitted,
                                         std::unique_ptr<llvm::MemoryBuffer> object) {
  auto jit = orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(emitted.builder)
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(orc::setUpInactivePlatform)
                 .create();
  if (!jit) return AsError("the JIT", jit.takeError());
  ShowSymbols(**jit);
  if (llvm::Error error = DefineNatives(**jit)) return AsError("the JIT", std::move(error));
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object))) {
    return AsError("compiling", std::move(error));
  }
  auto code = std::make_shared<Code>();
  for (const std::string& name : emitted.names) {
    auto address = (*jit)->lookup(name);
    if (!address) return AsError("compiling", address.takeError());
    code->functions_[name] = address->toPtr<void*>();
  }
  code->jit_ = std::move(*jit);
  return code;
}

Result<std::shared_ptr<Code>> Code::FindOptimized(const KernelInputs& inputs, bool cse,
                                                  const ObjectCache& cache) {
  FLOW_TRY(Emitted emitted, Emit(inputs, cse, program::Tier::kOptimized));
  auto object = cache.Find(ObjectCache::KeyOf(*emitted.module, *emitted.machine));
  if (object == nullptr) return std::shared_ptr<Code>();
  return Load(emitted, std::move(object));
}

Result<std::shared_ptr<Code>> Code::Compile(const KernelInputs& inputs, bool cse,
                                            program::Tier tier, const ObjectCache* cache,
                                            const std::atomic<bool>* cancelled) {
  FLOW_TRY(Emitted emitted, Emit(inputs, cse, tier));
  std::string key;
  if (tier == program::Tier::kOptimized) {
    if (cache != nullptr) key = ObjectCache::KeyOf(*emitted.module, *emitted.machine);
    // The passes behind IR have no switch for one function.
    if (HasHugeKernel(*emitted.module)) emitted.machine->setOptLevel(llvm::CodeGenOptLevel::None);
    FLOW_RETURN_IF_ERROR(LinkAndOptimize(*emitted.module, *emitted.machine, cancelled));
  } else {
    StampCpu(*emitted.module, *emitted.machine);
  }
  if (cancelled != nullptr && cancelled->load()) return std::shared_ptr<Code>();
  auto object = orc::SimpleCompiler(*emitted.machine)(*emitted.module);
  if (!object) return AsError("compiling", object.takeError());
  if (!key.empty()) cache->Keep(key, **object);
  return Load(emitted, std::move(*object));
}

void* Code::Find(const std::string& name) const {
  auto at = functions_.find(name);
  return at == functions_.end() ? nullptr : at->second;
}

}  // namespace flow::codegen
