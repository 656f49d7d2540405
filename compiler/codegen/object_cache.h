// Machine code of earlier compilations: a pipeline that has not changed is not optimised again.
//
// One file an object, in $FLOW_CACHE_DIR, else $XDG_CACHE_HOME/flowc, else ~/.cache/flowc;
// FLOW_CACHE_DIR= (empty) for none. Its name is the hash of all that the code depends on: the
// unoptimised IR, the standard library's bitcode, LLVM's version, the CPU and its features, and how
// it is optimised. It begins with a checksum; what is damaged, or somebody else's, is as if it were
// not there. Nothing here fails: without a cache compiling takes longer. Processes may share a
// cache.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

namespace flow::codegen {

class ObjectCache {
 public:
  static constexpr int64_t kMostBytes = 64 << 20;  // the files that were used least lately go

  // With an empty `folder` nothing is found or kept.
  explicit ObjectCache(std::string folder) : folder_(std::move(folder)) {}
  static ObjectCache OfUser();

  // Of a module as it is emitted for `machine`.
  static std::string KeyOf(const llvm::Module& module, const llvm::TargetMachine& machine);

  std::unique_ptr<llvm::MemoryBuffer> Find(const std::string& key) const;
  void Keep(const std::string& key, llvm::MemoryBufferRef object) const;

 private:
  std::string PathOf(const std::string& key) const { return folder_ + "/" + key + ".o"; }
  void MakeRoom() const;

  std::string folder_;
};

}  // namespace flow::codegen
