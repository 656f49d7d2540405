// The characters of a file as the generated lexer sees them.
#pragma once

#include <antlr4-runtime.h>

#include <string>
#include <string_view>

namespace flow::parse {

// One symbol a byte, so positions of tokens are byte offsets. ASCII letters come in upper case
// (keywords are case-insensitive), every byte beyond ASCII as DEL: the lexer keeps a table of
// transitions for ASCII only, and to the grammar all other characters are letters anyway.
class ByteStream : public antlr4::CharStream {
 public:
  // `text` must outlive the stream. Reading begins at byte `begin`.
  ByteStream(std::string_view text, size_t begin) : text_(text), at_(begin) {}

  void consume() override;
  size_t LA(ssize_t i) override;
  ssize_t mark() override { return 0; }
  void release(ssize_t /*marker*/) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return "flow"; }
  std::string getText(const antlr4::misc::Interval& interval) override;
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_;
};

}  // namespace flow::parse
