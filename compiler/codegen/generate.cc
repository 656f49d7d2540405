// Gives Generate and PrintIr. Tier 0 is in place when Generate returns; tier 1 is made on a thread
// of its own and swapped into all slots at once.
#include <llvm/Support/raw_ostream.h>

#include <atomic>
#include <optional>
#include <thread>

#include "compiler/codegen/codegen.h"
#include "compiler/codegen/emit.h"
#include "compiler/codegen/jit.h"
#include "compiler/codegen/optimize.h"

namespace flow::codegen {

namespace {

template <typename F>
void Assign(F*& slot, const Code& code, const std::string& name) {
  slot = reinterpret_cast<F*>(code.Find(name));
}

void Install(const KernelInputs& inputs, const std::shared_ptr<Code>& code, program::Tier tier) {
  for (size_t i = 0; i < inputs.pipelines.size(); ++i) {
    program::PipelineKernel kernel;
    kernel.tier = tier;
    kernel.owner = code;
    Assign(kernel.fn, *code, PipelineName(i));
    inputs.pipelines[i].kernel->Store(std::move(kernel));
  }
  for (size_t i = 0; i < inputs.aggregates.size(); ++i) {
    program::AggregateKernels kernels;
    kernels.tier = tier;
    kernels.owner = code;
    std::string prefix = AggregateName(i);
    Assign(kernels.equal, *code, prefix + "_equal");
    Assign(kernels.equal_entries, *code, prefix + "_equal_entries");
    Assign(kernels.insert, *code, prefix + "_insert");
    Assign(kernels.insert_entry, *code, prefix + "_insert_entry");
    Assign(kernels.update, *code, prefix + "_update");
    Assign(kernels.merge, *code, prefix + "_merge");
    Assign(kernels.finish, *code, prefix + "_finish");
    Assign(kernels.live, *code, prefix + "_live");
    Assign(kernels.destroy, *code, prefix + "_destroy");
    inputs.aggregates[i].kernels->Store(std::move(kernels));
  }
}

Status CompileAndInstall(const KernelInputs& inputs, bool cse, program::Tier tier,
                         const ObjectCache* cache = nullptr,
                         const std::atomic<bool>* cancelled = nullptr) {
  FLOW_TRY(std::shared_ptr<Code> code, Code::Compile(inputs, cse, tier, cache, cancelled));
  if (code != nullptr) Install(inputs, code, tier);
  return OkStatus();
}

class TieredEngine final : public Engine {
 public:
  TieredEngine(KernelInputs inputs, const Options& options)
      : inputs_(std::move(inputs)), cse_(options.cse) {
    if (options.cache) cache_ = ObjectCache::OfUser();
  }
  // Nobody waits for tier 1 any more: a short run must not last as long as its optimiser.
  ~TieredEngine() override {
    cancelled_ = true;
    Join();
  }

  Status Optimize() {
    return CompileAndInstall(inputs_, cse_, program::Tier::kOptimized, cache_ ? &*cache_ : nullptr,
                             &cancelled_);
  }
  // Is optimised code in place, made by an earlier run?
  Result<bool> InstallCached() {
    if (!cache_) return false;
    FLOW_TRY(std::shared_ptr<Code> code, Code::FindOptimized(inputs_, cse_, *cache_));
    if (code != nullptr) Install(inputs_, code, program::Tier::kOptimized);
    return code != nullptr;
  }
  void OptimizeInBackground() {
    thread_ = std::thread([this] { status_ = Optimize(); });
  }
  Status Wait() override {
    Join();
    return status_;
  }

 private:
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  KernelInputs inputs_;
  bool cse_;
  std::optional<ObjectCache> cache_;
  std::atomic<bool> cancelled_{false};
  Status status_;  // written by the thread, read after it has ended
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Generate(const LoweredProgram& program, const Options& options) {
  if (!options.tier0 && !options.tier1) return InternalError("no tier is asked for");
  auto engine = std::make_unique<TieredEngine>(InputsOf(program), options);
  if (options.tier1) {
    FLOW_TRY(const bool cached, engine->InstallCached());
    if (cached) return std::unique_ptr<Engine>(std::move(engine));
  }
  if (options.tier0) {
    FLOW_RETURN_IF_ERROR(
        CompileAndInstall(InputsOf(program), options.cse, program::Tier::kBaseline));
  }
  if (options.tier1) {
    if (options.tier0 && options.background) {
      engine->OptimizeInBackground();
    } else {
      FLOW_RETURN_IF_ERROR(engine->Optimize());
    }
  }
  return std::unique_ptr<Engine>(std::move(engine));
}

Result<std::string> PrintIr(const LoweredProgram& program, bool optimized) {
  // The baseline CPU, so that the text is the same on every machine.
  FLOW_TRY(std::unique_ptr<llvm::TargetMachine> machine,
           MakeTarget(/*host=*/false, program::Tier::kOptimized));
  llvm::LLVMContext context;
  FLOW_TRY(std::unique_ptr<llvm::Module> module,
           EmitModule(context, InputsOf(program), /*cse=*/true, machine->createDataLayout(),
                      machine->getTargetTriple().str()));
  if (optimized) FLOW_RETURN_IF_ERROR(LinkAndOptimize(*module, *machine));
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << *module;
  return text;
}

}  // namespace flow::codegen
