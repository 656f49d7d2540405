// Gives HashRecord.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/connector/connector.h"

namespace flow {

uint64_t HashRecord(std::string_view key, std::string_view value) {
  // A record without a key is not one with an empty key.
  const uint64_t seed = key.data() == nullptr ? 0 : key.size() + 1;
  return XXH3_64bits_withSeed(value.data(), value.size(),
                              XXH3_64bits_withSeed(key.data(), key.size(), seed));
}

}  // namespace flow
