// Gives MakeGzipStream and MakeZstdStream. Both take several compressed parts one after another.
#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "runtime/connector/file/byte_stream.h"

namespace flow {

namespace {

constexpr size_t kInputBytes = 256 << 10;

// The compressed side: a buffer that is filled from the inner stream.
class Input {
 public:
  explicit Input(std::unique_ptr<ByteStream> inner)
      : inner_(std::move(inner)), buffer_(kInputBytes) {}

  // Makes sure that there are bytes, unless nothing is there now or ever.
  Status Fill() {
    if (at < size || end) return OkStatus();
    FLOW_TRY(ByteStream::Chunk chunk, inner_->Read(buffer_.data(), buffer_.size()));
    at = 0;
    size = chunk.size;
    end = chunk.end;
    taken += static_cast<int64_t>(chunk.size);
    return OkStatus();
  }
  const char* data() const { return buffer_.data(); }
  bool empty() const { return at == size; }

  size_t at = 0;
  size_t size = 0;
  bool end = false;   // the inner stream has ended (but for what is in the buffer)
  int64_t taken = 0;  // compressed bytes read so far

 private:
  const std::unique_ptr<ByteStream> inner_;
  std::vector<char> buffer_;
};

Error Truncated(const std::string& name, const char* what, int64_t at) {
  return DataError(name + ": the " + what + " data ends in the middle, at byte " +
                       std::to_string(at) + " of the file",
                   "the file is truncated, or is still being written");
}

Error Corrupt(const std::string& name, const char* what, const Input& input, const char* why) {
  return DataError(name + ": not valid " + what + " data near byte " +
                   std::to_string(input.taken - static_cast<int64_t>(input.size - input.at)) +
                   " of the file: " + (why == nullptr ? "corrupt" : why));
}

class GzipStream : public ByteStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> inner, std::string name)
      : input_(std::move(inner)), name_(std::move(name)) {
    inflateInit2(&z_, 15 + 16);
  }
  ~GzipStream() override { inflateEnd(&z_); }

  Result<Chunk> Read(char* out, size_t size) override {
    z_.next_out = reinterpret_cast<Bytef*>(out);
    z_.avail_out = static_cast<uInt>(size);
    while (z_.avail_out > 0) {
      FLOW_RETURN_IF_ERROR(input_.Fill());
      if (input_.empty()) {
        const size_t got = size - z_.avail_out;
        if (!input_.end) return Chunk{got, false};
        if (!within_) return Chunk{got, true};
        // What inflate holds back when its output was full needs no input.
      } else if (!within_ && parts_ > 0 && input_.data()[input_.at] == '\0') {
        ++input_.at;  // padding after the last part, as gzip itself allows
        continue;
      }
      within_ = true;
      z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data() + input_.at));
      z_.avail_in = static_cast<uInt>(input_.size - input_.at);
      const int code = inflate(&z_, Z_NO_FLUSH);
      input_.at = input_.size - z_.avail_in;
      if (code == Z_STREAM_END) {
        within_ = false;
        ++parts_;
        inflateReset(&z_);
      } else if (code == Z_BUF_ERROR && input_.end && input_.empty()) {
        return Truncated(name_, "gzip", input_.taken);
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return Corrupt(name_, "gzip", input_, z_.msg);
      }
    }
    return Chunk{size, false};
  }

 private:
  Input input_;
  const std::string name_;
  z_stream z_ = {};
  bool within_ = false;  // a part has begun and not ended
  int64_t parts_ = 0;
};

class ZstdStream : public ByteStream {
 public:
  ZstdStream(std::unique_ptr<ByteStream> inner, std::string name)
      : input_(std::move(inner)), name_(std::move(name)), z_(ZSTD_createDStream()) {
    // Frames that would need more than 128 MB of window are refused.
    ZSTD_DCtx_setParameter(z_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdStream() override { ZSTD_freeDStream(z_); }

  Result<Chunk> Read(char* out, size_t size) override {
    ZSTD_outBuffer output{out, size, 0};
    while (output.pos < output.size) {
      FLOW_RETURN_IF_ERROR(input_.Fill());
      // With an empty input the decoder may still have output of its own.
      ZSTD_inBuffer in{input_.data() + input_.at, input_.size - input_.at, 0};
      if (in.size == 0 && !pending_) {
        if (!input_.end) return Chunk{output.pos, false};
        if (within_) return Truncated(name_, "zstd", input_.taken);
        return Chunk{output.pos, true};
      }
      const size_t before = output.pos;
      const size_t code = ZSTD_decompressStream(z_, &output, &in);
      input_.at += in.pos;
      if (ZSTD_isError(code)) return Corrupt(name_, "zstd", input_, ZSTD_getErrorName(code));
      within_ = code != 0;
      pending_ = within_ && output.pos == output.size && output.pos > before;
    }
    return Chunk{size, false};
  }

 private:
  Input input_;
  const std::string name_;
  ZSTD_DStream* const z_;
  bool within_ = false;   // a frame has begun and not ended
  bool pending_ = false;  // the last call filled its output: there may be more without input
};

}  // namespace

std::unique_ptr<ByteStream> MakeGzipStream(std::unique_ptr<ByteStream> inner, std::string name) {
  return std::make_unique<GzipStream>(std::move(inner), std::move(name));
}

std::unique_ptr<ByteStream> MakeZstdStream(std::unique_ptr<ByteStream> inner, std::string name) {
  return std::make_unique<ZstdStream>(std::move(inner), std::move(name));
}

}  // namespace flow
