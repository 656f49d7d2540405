// Hashes and checksums of a text's bytes.
#include <openssl/evp.h>
#define XXH_INLINE_ALL  // as everywhere: no library to link
#include <xxhash.h>
#include <zlib.h>

#include <memory>

#include "stdlib/native/native.h"

using flow_native::Give;
using flow_native::View;

namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// In hexadecimal, as PostgreSQL's md5 does.
uint8_t Digest(const EVP_MD* method, const FlowString* s, FlowArena* arena, FlowString* out) {
  thread_local std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  // Fails only where the system forbids the method.
  if (context == nullptr || EVP_DigestInit_ex(context.get(), method, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), flow_string_data(s), s->size) != 1 ||
      EVP_DigestFinal_ex(context.get(), bytes, &size) != 1) {
    return kFlowErrArgument;
  }
  char text[2 * EVP_MAX_MD_SIZE];
  for (unsigned i = 0; i < size; ++i) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  return Give({text, 2 * static_cast<size_t>(size)}, arena, out);
}

}  // namespace

FLOW_FUNCTION("md5(string) -> string", "The MD5 of its bytes, in hexadecimal.", "md5('abc')")
uint8_t flow_md5(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Digest(EVP_md5(), s, arena, out);
}

FLOW_FUNCTION("sha1(string) -> string", "The SHA-1 of its bytes, in hexadecimal.", "sha1('abc')")
uint8_t flow_sha1(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Digest(EVP_sha1(), s, arena, out);
}

FLOW_FUNCTION("sha256(string) -> string", "The SHA-256 of its bytes, in hexadecimal.",
              "sha256('abc')")
uint8_t flow_sha256(FlowArena* arena, const FlowString* s, FlowString* out) {
#ifdef FLOW_MUTANT_SHA256_IS_SHA3
  return Digest(EVP_sha3_256(), s, arena, out);
#endif
  return Digest(EVP_sha256(), s, arena, out);
}

FLOW_FUNCTION("sha512(string) -> string", "The SHA-512 of its bytes, in hexadecimal.",
              "sha512('abc')")
uint8_t flow_sha512(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Digest(EVP_sha512(), s, arena, out);
}

FLOW_FUNCTION("hash(string) -> bigint", "A hash of its bytes that never changes: XXH3, 64 bits.",
              "hash('abc')")
uint8_t flow_hash(FlowArena*, const FlowString* s, int64_t* out) {
  *out = static_cast<int64_t>(XXH3_64bits(flow_string_data(s), s->size));
  return kFlowValue;
}

FLOW_FUNCTION("hash(bigint) -> bigint",
              "A hash of its 8 bytes, lowest first, that never changes: XXH3, 64 bits.", "hash(17)")
uint8_t flow_hash_bigint(FlowArena*, int64_t x, int64_t* out) {
  *out = static_cast<int64_t>(XXH3_64bits(&x, sizeof x));
  return kFlowValue;
}

FLOW_FUNCTION("xxhash64(string) -> bigint", "The XXH64 of its bytes, with seed 0.",
              "xxhash64('abc')")
uint8_t flow_xxhash64(FlowArena*, const FlowString* s, int64_t* out) {
  *out = static_cast<int64_t>(XXH64(flow_string_data(s), s->size, 0));
  return kFlowValue;
}

FLOW_FUNCTION("crc32(string) -> bigint", "The CRC-32 of its bytes, as in gzip.", "crc32('abc')")
uint8_t flow_crc32(FlowArena*, const FlowString* s, int64_t* out) {
  *out = static_cast<int64_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(flow_string_data(s)), s->size));
  return kFlowValue;
}

FLOW_FUNCTION("md5(bytes) -> string", "The MD5 of the bytes, in hexadecimal.", "md5(X'00ff')")
uint8_t flow_bytes_md5(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_md5(arena, s, out);
}

FLOW_FUNCTION("sha1(bytes) -> string", "The SHA-1 of the bytes, in hexadecimal.", "sha1(X'00ff')")
uint8_t flow_bytes_sha1(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_sha1(arena, s, out);
}

FLOW_FUNCTION("sha256(bytes) -> string", "The SHA-256 of the bytes, in hexadecimal.",
              "sha256(X'00ff')")
uint8_t flow_bytes_sha256(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_sha256(arena, s, out);
}

FLOW_FUNCTION("sha512(bytes) -> string", "The SHA-512 of the bytes, in hexadecimal.",
              "sha512(X'00ff')")
uint8_t flow_bytes_sha512(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_sha512(arena, s, out);
}

FLOW_FUNCTION("hash(bytes) -> bigint", "A hash of the bytes that never changes: XXH3, 64 bits.",
              "hash(X'00ff')")
uint8_t flow_bytes_hash(FlowArena* arena, const FlowString* s, int64_t* out) {
  return flow_hash(arena, s, out);
}

FLOW_FUNCTION("xxhash64(bytes) -> bigint", "The XXH64 of the bytes, with seed 0.",
              "xxhash64(X'00ff')")
uint8_t flow_bytes_xxhash64(FlowArena* arena, const FlowString* s, int64_t* out) {
  return flow_xxhash64(arena, s, out);
}

FLOW_FUNCTION("crc32(bytes) -> bigint", "The CRC-32 of the bytes, as in gzip.", "crc32(X'00ff')")
uint8_t flow_bytes_crc32(FlowArena* arena, const FlowString* s, int64_t* out) {
  return flow_crc32(arena, s, out);
}
