// RowHash and KeyHash: XXH3-128 over canonical bytes.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <memory>

#include "runtime/abi/hash.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

// Bytes one after another: on the stack, until there are many.
class HashedBytes {
 public:
  // Room for `size` more.
  char* Reserve(size_t size) {
    if (size > static_cast<size_t>(end_ - at_)) Grow(size);
    return at_;
  }
  void Advance(size_t size) { at_ += size; }
  unsigned __int128 Hash() const {
    const XXH128_hash_t hash = XXH3_128bits(begin_, static_cast<size_t>(at_ - begin_));
    return static_cast<unsigned __int128>(hash.high64) << 64 | hash.low64;
  }

 private:
  __attribute__((noinline)) void Grow(size_t more) {
    const size_t size = static_cast<size_t>(at_ - begin_);
    const size_t room = 2 * (size + more);
    auto heap = std::make_unique<char[]>(room);
    std::memcpy(heap.get(), begin_, size);
    heap_ = std::move(heap);
    begin_ = heap_.get();
    at_ = begin_ + size;
    end_ = begin_ + room;
  }

  char stack_[1024];
  std::unique_ptr<char[]> heap_;
  char* begin_ = stack_;
  char* at_ = stack_;
  char* end_ = stack_ + sizeof stack_;
};

// A byte for the status; for a value its canonical bytes.
inline __attribute__((always_inline)) void AddCell(const Batch& batch, int32_t c, int32_t row,
                                                   uint8_t status, HashedBytes* bytes) {
  const FlowColumn& column = batch.column(c);
  const Type& type = batch.types()[static_cast<size_t>(c)];
  constexpr size_t kMost = 1 + 16;  // the status, and a cell
  char* at = bytes->Reserve(kMost);
  *at++ = static_cast<char>(status);
  bytes->Advance(1);
  if (column.status[row] != kFlowValue) return;
  const size_t width = static_cast<size_t>(type.width());
  const char* cell = static_cast<const char*>(column.values) + width * static_cast<size_t>(row);
  if (type.is_variable()) {
    FlowString s;
    std::memcpy(&s, cell, sizeof s);
    std::memcpy(at, &s.size, sizeof s.size);
    bytes->Advance(sizeof s.size);
    std::memcpy(bytes->Reserve(s.size), flow_string_data(&s), s.size);
    bytes->Advance(s.size);
    return;
  }
  if (type.is(TypeKind::kDouble)) {
    double d;
    std::memcpy(&d, cell, sizeof d);
    d = flow_canonical_double(d);
    std::memcpy(at, &d, sizeof d);
  } else if (width == 8) {
    std::memcpy(at, cell, 8);
  } else {
    std::memcpy(at, cell, width);
  }
  bytes->Advance(width);
}

}  // namespace

__attribute__((flatten)) unsigned __int128 RowHash(const Batch& batch, int32_t row) {
  HashedBytes bytes;
  for (int32_t c = 0; c < batch.column_count(); ++c) {
    const bool is_value = batch.column(c).status[row] == kFlowValue;
    AddCell(batch, c, row, is_value ? 0 : 1, &bytes);
  }
  return bytes.Hash();
}

unsigned __int128 KeyHash(const Batch& batch, int32_t row, const std::vector<int>& columns) {
  HashedBytes bytes;
  if (columns.empty()) {
    for (int32_t c = 0; c < batch.column_count(); ++c) {
      AddCell(batch, c, row, batch.column(c).status[row], &bytes);
    }
  }
  for (int c : columns) AddCell(batch, c, row, batch.column(c).status[row], &bytes);
  return bytes.Hash();
}

std::string HashText(unsigned __int128 hash) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(32, '0');
  for (size_t i = 32; i-- > 0; hash >>= 4) text[i] = kHex[static_cast<unsigned>(hash & 15)];
  return text;
}

}  // namespace flow
