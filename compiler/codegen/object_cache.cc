// Gives ObjectCache.
#include "compiler/codegen/object_cache.h"

#include <fcntl.h>
#include <llvm/Bitcode/BitcodeWriter.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/Support/raw_ostream.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "compiler/codegen/bitcode.h"
#include "runtime/base/hex.h"

namespace flow::codegen {

namespace {

constexpr char kMagic[] = "flowobj1";
constexpr size_t kMagicSize = sizeof(kMagic) - 1;
constexpr size_t kHeaderSize = kMagicSize + sizeof(XXH128_canonical_t);

XXH128_canonical_t Checksum(llvm::StringRef bytes) {
  XXH128_canonical_t sum;
  XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes.data(), bytes.size()));
  return sum;
}

// Everything of a file that is ours alone to write; empty if it is not.
std::string ReadOwn(const std::string& path) {
  std::string bytes;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return bytes;
  struct stat about{};
  if (fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
      (about.st_mode & (S_IWGRP | S_IWOTH)) == 0 && about.st_size <= ObjectCache::kMostBytes) {
    bytes.resize(static_cast<size_t>(about.st_size));
    size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t count = read(file, bytes.data() + got, bytes.size() - got);
      if (count <= 0) break;
      got += static_cast<size_t>(count);
    }
    bytes.resize(got);
  }
  close(file);
  return bytes;
}

bool WriteAll(int file, llvm::StringRef bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes = bytes.drop_front(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

ObjectCache ObjectCache::OfUser() {
  if (const char* folder = std::getenv("FLOW_CACHE_DIR")) return ObjectCache(folder);
  const char* caches = std::getenv("XDG_CACHE_HOME");
  if (caches != nullptr && caches[0] == '/') return ObjectCache(std::string(caches) + "/flowc");
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return ObjectCache("");
  return ObjectCache(std::string(home) + "/.cache/flowc");
}

std::string ObjectCache::KeyOf(const llvm::Module& module, const llvm::TargetMachine& machine) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << kMagic << '\n'
         << LLVM_VERSION_STRING << '\n'
         << machine.getTargetTriple().str() << '\n'
         << machine.getTargetCPU() << '\n'
         << machine.getTargetFeatureString() << '\n'
         << static_cast<int>(machine.getOptLevel()) << '\n';
  const std::string_view library = StandardBitcode();
  const XXH128_canonical_t sum = Checksum({library.data(), library.size()});
  stream.write(reinterpret_cast<const char*>(sum.digest), sizeof(sum.digest));
  llvm::WriteBitcodeToFile(module, stream);
  const XXH128_canonical_t key = Checksum(text);
  std::string name;
  AppendHex({reinterpret_cast<const char*>(key.digest), sizeof(key.digest)}, &name);
  return name;
}

std::unique_ptr<llvm::MemoryBuffer> ObjectCache::Find(const std::string& key) const {
  if (folder_.empty()) return nullptr;
  const std::string path = PathOf(key);
  const std::string bytes = ReadOwn(path);
  if (bytes.size() <= kHeaderSize || std::memcmp(bytes.data(), kMagic, kMagicSize) != 0) {
    return nullptr;
  }
  const llvm::StringRef object = llvm::StringRef(bytes).drop_front(kHeaderSize);
  const XXH128_canonical_t sum = Checksum(object);
  if (std::memcmp(bytes.data() + kMagicSize, sum.digest, sizeof(sum.digest)) != 0) {
    unlink(path.c_str());
    return nullptr;
  }
  utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // it is in use
  return llvm::MemoryBuffer::getMemBufferCopy(object, key);
}

void ObjectCache::Keep(const std::string& key, llvm::MemoryBufferRef object) const {
  if (folder_.empty()) return;
  std::error_code failed;
  const bool existed = std::filesystem::exists(folder_, failed);
  std::filesystem::create_directories(folder_, failed);
  if (failed) return;
  if (!existed) chmod(folder_.c_str(), S_IRWXU);
  // Under its name it is there as a whole or not at all.
  std::string path = folder_ + "/new-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return;
  const XXH128_canonical_t sum = Checksum(object.getBuffer());
  bool written = WriteAll(file, llvm::StringRef(kMagic, kMagicSize)) &&
                 WriteAll(file, {reinterpret_cast<const char*>(sum.digest), sizeof(sum.digest)}) &&
                 WriteAll(file, object.getBuffer());
  written = close(file) == 0 && written;
  if (!written || rename(path.c_str(), PathOf(key).c_str()) != 0) {
    unlink(path.c_str());
    return;
  }
  MakeRoom();
}

void ObjectCache::MakeRoom() const {
  struct Kept {
    std::filesystem::file_time_type used;
    std::filesystem::path path;
    int64_t bytes;
  };
  std::vector<Kept> all;
  int64_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    std::error_code gone;  // others tidy up too
    const auto size = static_cast<int64_t>(entry.file_size(gone));
    const auto used = gone ? std::filesystem::file_time_type() : entry.last_write_time(gone);
    if (gone) continue;
    all.push_back({used, entry.path(), size});
    bytes += size;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& one : all) {
    if (bytes <= kMostBytes) return;
    std::filesystem::remove(one.path, failed);
    bytes -= one.bytes;
  }
}

}  // namespace flow::codegen
