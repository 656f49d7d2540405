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

Result<std::shared_ptr<Code>> Code::Compile(const KernelInputs& inputs, bool cse,
                                            program::Tier tier,
                                            const std::atomic<bool>* cancelled) {
  FLOW_TRY(orc::JITTargetMachineBuilder builder, TargetBuilder(/*host=*/true, tier));
  auto machine = builder.createTargetMachine();
  if (!machine) return AsError("this machine", machine.takeError());

  auto context = std::make_unique<llvm::LLVMContext>();
  FLOW_TRY(std::unique_ptr<llvm::Module> module,
           EmitModule(*context, inputs, cse, (*machine)->createDataLayout(),
                      (*machine)->getTargetTriple().str()));
  std::vector<std::string> names;
  for (const llvm::Function& function : *module) {
    if (!function.isDeclaration()) names.push_back(function.getName().str());
  }
  if (tier == program::Tier::kOptimized) {
    // The passes behind IR have no switch for one function.
    if (HasHugeKernel(*module)) builder.setCodeGenOptLevel(llvm::CodeGenOptLevel::None);
    FLOW_RETURN_IF_ERROR(LinkAndOptimize(*module, **machine, cancelled));
  } else {
    StampCpu(*module, **machine);
  }

  if (cancelled != nullptr && cancelled->load()) return std::shared_ptr<Code>();

  auto jit = orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(builder))
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(orc::setUpInactivePlatform)
                 .create();
  if (!jit) return AsError("the JIT", jit.takeError());
  if (llvm::Error error = DefineNatives(**jit)) return AsError("the JIT", std::move(error));
  orc::ThreadSafeModule safe(std::move(module), std::move(context));
  if (llvm::Error error = (*jit)->addIRModule(std::move(safe))) {
    return AsError("compiling", std::move(error));
  }
  auto code = std::make_shared<Code>();
  for (const std::string& name : names) {
    auto address = (*jit)->lookup(name);
    if (!address) return AsError("compiling", address.takeError());
    code->functions_[name] = address->toPtr<void*>();
  }
  code->jit_ = std::move(*jit);
  return code;
}

void* Code::Find(const std::string& name) const {
  auto at = functions_.find(name);
  return at == functions_.end() ? nullptr : at->second;
}

}  // namespace flow::codegen
