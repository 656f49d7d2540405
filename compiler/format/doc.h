// A text with places where it may be broken, and its layout in a given width.
#pragma once

#include <string>
#include <vector>

namespace flow::format {

enum class DocKind {
  kText,
  kLine,       // a space, or a new line where the group around it is broken
  kSoftLine,   // nothing, or a new line
  kHardLine,   // always a new line
  kEndOfLine,  // text (a comment) behind which the line ends
  kOwnLine,    // text (a comment) on a line of its own
  kConcat,
  kGroup,  // on one line if it fits, else all its lines are broken
  kNest,   // its lines are indented by `indent` more
  kAlign,  // its lines begin where it begins
  kFill,   // parts and separators by turns; only those separators break that have to
};

struct Doc {
  DocKind kind = DocKind::kConcat;
  std::string text;
  int indent = 0;
  bool hard = false;       // a line ends inside it whatever fits
  bool ends_line = false;  // a line ends behind it
  std::vector<Doc> parts;
};

Doc Text(std::string text);
Doc Line();
Doc SoftLine();
Doc HardLine();
Doc EndOfLine(std::string text);
Doc OwnLine(std::string text);
Doc Concat(std::vector<Doc> parts);
Doc Group(Doc doc);
Doc Nest(int indent, Doc doc);
Doc Align(Doc doc);
Doc Fill(std::vector<Doc> parts);

// Characters of UTF-8.
int Width(std::string_view text);

// Ends in a new line, has no spaces at the ends of lines but those inside texts.
std::string Render(const Doc& doc, int width);

}  // namespace flow::format
