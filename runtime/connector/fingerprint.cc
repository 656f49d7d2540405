// Gives HashRecord, and fingerprints as text.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>

#include "runtime/connector/connector.h"

namespace flow {

uint64_t HashRecord(std::string_view key, std::string_view value) {
  // A record without a key is not one with an empty key.
  const uint64_t seed = key.data() == nullptr ? 0 : key.size() + 1;
  return XXH3_64bits_withSeed(value.data(), value.size(),
                              XXH3_64bits_withSeed(key.data(), key.size(), seed));
}

std::string FingerprintText(const RecordFingerprint& f) {
  return std::to_string(f.offset) + " " + std::to_string(f.log_timestamp) + " " +
         std::to_string(f.size) + " " + std::to_string(f.hash);
}

std::optional<RecordFingerprint> ParseFingerprint(const std::string& text) {
  long long offset, timestamp, size;
  unsigned long long hash;
  char rest;
  if (std::sscanf(text.c_str(), "%lld %lld %lld %llu%c", &offset, &timestamp, &size, &hash,
                  &rest) != 4) {
    return std::nullopt;
  }
  return RecordFingerprint{offset, timestamp, size, hash};
}

}  // namespace flow
