// Places in a text as LSP counts them: lines from 0, and within a line UTF-16 code units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flowc::lsp {

struct Position {
  int64_t line = 0, character = 0;
};

// Of a text that outlives it. Lines end in \n, \r\n or \r. A byte that begins no UTF-8 character
// counts as one unit.
class TextPositions {
 public:
  explicit TextPositions(const std::string& text);
  // A place past its line's end is the line's end, one past the last line the text's end; one
  // between the halves of a surrogate pair is before the character.
  uint32_t ToByte(Position position) const;
  Position ToPosition(uint32_t byte) const;

 private:
  // UTF-16 units before the character that holds the byte.
  int64_t UnitsBefore(uint32_t byte) const;

  const std::string& text_;
  std::vector<uint32_t> lines_;  // where they begin
  // About every kStep bytes a character, and the units before it: lines may be very long.
  struct Mark {
    uint32_t byte = 0;
    int64_t units = 0;
  };
  std::vector<Mark> marks_;
};

}  // namespace flowc::lsp
