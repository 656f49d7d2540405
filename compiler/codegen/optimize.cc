// Gives StampCpu and LinkAndOptimize: see optimize.h.
#include "compiler/codegen/optimize.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Passes/StandardInstrumentations.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Transforms/IPO/Internalize.h>

#include <set>
#include <string>

#include "compiler/codegen/bitcode.h"

namespace flow::codegen {

namespace {

// LLVM would replace some calls by others that round differently (pow(x, 2) by x * x): both tiers
// and the interpreter must call the same libm.
constexpr const char* kKeptCalls[] = {"pow", "exp", "log", "log10", "fmod"};

// Compile time grows faster than the code. A kernel of more instructions than this (thousands of
// terms in one expression) is left as it is emitted; a library function is not inlined any more
// once its copies would add more than that many instructions.
constexpr size_t kMostKernelInstructions = 12000;
constexpr size_t kMostInlinedInstructions = 3000;
constexpr size_t kFewCalls = 4;

std::string Text(llvm::Error error) { return llvm::toString(std::move(error)); }

// A kernel calls a library function by the type that it declared. If that is not the function's own
// type, LLVM would link all the same and the call would be undefined.
Status CheckTypes(const llvm::Module& module, const llvm::Module& library) {
  for (const llvm::Function& declared : module) {
    if (!declared.isDeclaration() || declared.isIntrinsic()) continue;
    const llvm::Function* body = library.getFunction(declared.getName());
    if (body != nullptr && body->getFunctionType() != declared.getFunctionType()) {
      return InternalError("the type of " + declared.getName().str() +
                           " is not that of its bitcode");
    }
  }
  return OkStatus();
}

void BoundCompileTime(llvm::Module& module, const std::set<std::string>& kernels) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    size_t size = function.getInstructionCount();
    if (kernels.count(function.getName().str()) != 0) {
      if (size <= kMostKernelInstructions) continue;
      function.addFnAttr(llvm::Attribute::OptimizeNone);
      function.addFnAttr(llvm::Attribute::NoInline);
    } else if (function.getNumUses() > kFewCalls &&
               function.getNumUses() * size > kMostInlinedInstructions) {
      function.removeFnAttr(llvm::Attribute::AlwaysInline);
      function.addFnAttr(llvm::Attribute::NoInline);
    }
  }
}

void RunO2(llvm::Module& module, llvm::TargetMachine& machine, const std::atomic<bool>* cancelled) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassInstrumentationCallbacks callbacks;
  llvm::OptNoneInstrumentation leave_alone(/*DebugLogging=*/false);
  leave_alone.registerCallbacks(callbacks);
  if (cancelled != nullptr) {
    callbacks.registerShouldRunOptionalPassCallback(
        [cancelled](llvm::StringRef, llvm::Any) { return !cancelled->load(); });
  }
  llvm::PassBuilder passes(&machine, llvm::PipelineTuningOptions(), std::nullopt, &callbacks);
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

}  // namespace

void StampCpu(llvm::Module& module, const llvm::TargetMachine& machine) {
  for (llvm::Function& function : module) {
    if (function.isIntrinsic()) continue;
    function.removeFnAttr("tune-cpu");
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", machine.getTargetFeatureString());
    for (const char* name : kKeptCalls) function.addFnAttr(std::string("no-builtin-") + name);
  }
}

bool HasHugeKernel(const llvm::Module& module) {
  for (const llvm::Function& function : module) {
    if (function.getInstructionCount() > kMostKernelInstructions) return true;
  }
  return false;
}

Status LinkAndOptimize(llvm::Module& module, llvm::TargetMachine& machine,
                       const std::atomic<bool>* cancelled) {
  std::set<std::string> kernels;
  for (const llvm::Function& function : module) {
    if (!function.isDeclaration()) kernels.insert(function.getName().str());
  }
  std::string_view bitcode = StandardBitcode();
  auto library = llvm::getLazyBitcodeModule(
      llvm::MemoryBufferRef(llvm::StringRef(bitcode.data(), bitcode.size()), "stdlib"),
      module.getContext());
  if (!library) return InternalError("the library's bitcode: " + Text(library.takeError()));
  (*library)->setTargetTriple(module.getTargetTriple());
  (*library)->setDataLayout(module.getDataLayout());
  FLOW_RETURN_IF_ERROR(CheckTypes(module, **library));
  if (llvm::Linker::linkModules(module, std::move(*library), llvm::Linker::LinkOnlyNeeded)) {
    return InternalError("the library's bitcode can not be linked");
  }
  // What is marked FLOW_LARGE stays a call of the native body.
  for (llvm::Function& function : module) {
    if (!function.isDeclaration() && function.hasFnAttribute(llvm::Attribute::NoInline)) {
      function.deleteBody();
    }
  }
  llvm::internalizeModule(module, [&](const llvm::GlobalValue& value) {
    return kernels.count(value.getName().str()) != 0;
  });
  StampCpu(module, machine);
  BoundCompileTime(module, kernels);
  RunO2(module, machine, cancelled);
  return OkStatus();
}

}  // namespace flow::codegen
