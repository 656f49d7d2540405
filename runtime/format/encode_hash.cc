// The digest of a row: XXH3-128 over its canonical bytes.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/abi/hash.h"
#include "runtime/format/encode.h"

namespace flow {

unsigned __int128 RowHash(const Batch& batch, int32_t row) {
  thread_local std::string bytes;
  bytes.clear();
  for (int32_t c = 0; c < batch.column_count(); ++c) {
    const FlowColumn& column = batch.column(c);
    const Type& type = batch.types()[static_cast<size_t>(c)];
    const bool is_value = column.status[row] == kFlowValue;
    bytes += is_value ? '\0' : '\1';
    if (!is_value) continue;
    const size_t width = static_cast<size_t>(type.width());
    const char* cell = static_cast<const char*>(column.values) + width * static_cast<size_t>(row);
    if (type.is_variable()) {
      FlowString s;
      memcpy(&s, cell, sizeof s);
      bytes.append(reinterpret_cast<const char*>(&s.size), sizeof s.size);
      bytes.append(flow_string_data(&s), s.size);
    } else if (type.is(TypeKind::kDouble)) {
      double d;
      memcpy(&d, cell, sizeof d);
      d = flow_canonical_double(d);
      bytes.append(reinterpret_cast<const char*>(&d), sizeof d);
    } else {
      bytes.append(cell, width);
    }
  }
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return static_cast<unsigned __int128>(hash.high64) << 64 | hash.low64;
}

std::string HashText(unsigned __int128 hash) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(32, '0');
  for (size_t i = 32; i-- > 0; hash >>= 4) text[i] = kHex[static_cast<unsigned>(hash & 15)];
  return text;
}

}  // namespace flow
