// Gives ShowSymbols.
#include "compiler/codegen/symbols.h"

#include <llvm/ExecutionEngine/Orc/DebugObjectManagerPlugin.h>
#include <llvm/ExecutionEngine/Orc/EPCDebugObjectRegistrar.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/ExecutionEngine/Orc/TargetProcess/JITLoaderGDB.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace flow::codegen {

namespace {

namespace orc = llvm::orc;

class PerfMap : public orc::ObjectLinkingLayer::Plugin {
 public:
  void modifyPassConfig(orc::MaterializationResponsibility&, llvm::jitlink::LinkGraph&,
                        llvm::jitlink::PassConfiguration& passes) override {
    passes.PostFixupPasses.emplace_back(&Write);
  }
  llvm::Error notifyFailed(orc::MaterializationResponsibility&) override {
    return llvm::Error::success();
  }
  llvm::Error notifyRemovingResources(orc::JITDylib&, orc::ResourceKey) override {
    return llvm::Error::success();
  }
  void notifyTransferringResources(orc::JITDylib&, orc::ResourceKey, orc::ResourceKey) override {}

 private:
  // A line a function; several threads and programs of one process append to the file.
  static llvm::Error Write(llvm::jitlink::LinkGraph& graph) {
    std::string lines;
    for (const llvm::jitlink::Symbol* symbol : graph.defined_symbols()) {
      if (!symbol->hasName() || !symbol->isCallable() || symbol->getSize() == 0) continue;
      char place[64];
      std::snprintf(place, sizeof(place), "%llx %llx ",
                    static_cast<unsigned long long>(symbol->getAddress().getValue()),
                    static_cast<unsigned long long>(symbol->getSize()));
      lines += place + symbol->getName().str() + "\n";
    }
    const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
    std::FILE* file = std::fopen(path.c_str(), "ae");
    if (file == nullptr) return llvm::Error::success();  // a profile without names
    std::fwrite(lines.data(), 1, lines.size(), file);
    std::fclose(file);
    return llvm::Error::success();
  }
};

}  // namespace

void ShowSymbols(orc::LLJIT& jit) {
  if (std::getenv("FLOW_JIT_SYMBOLS") == nullptr) return;
  auto* layer = llvm::dyn_cast<orc::ObjectLinkingLayer>(&jit.getObjLinkingLayer());
  if (layer == nullptr) return;
  layer->addPlugin(std::make_unique<PerfMap>());
  auto registrar = std::make_unique<orc::EPCDebugObjectRegistrar>(
      jit.getExecutionSession(), orc::ExecutorAddr::fromPtr(&llvm_orc_registerJITLoaderGDBWrapper));
  layer->addPlugin(std::make_unique<orc::DebugObjectManagerPlugin>(
      jit.getExecutionSession(), std::move(registrar), /*RequireDebugSections=*/false,
      /*AutoRegisterCode=*/true));
}

}  // namespace flow::codegen
