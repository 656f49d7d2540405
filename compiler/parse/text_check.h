// Is the file text, and small helpers on text that the parser's parts share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/source/diagnostic.h"

namespace flow::parse {

// Reports a file that is too large, has a NUL byte or is not UTF-8, and gives nothing; else gives
// the byte where reading begins, behind a byte order mark.
std::optional<size_t> CheckText(const SourceFile& file, Diagnostics& out);

// Reports characters that look like quotes or spaces but are letters to the grammar.
bool ReportLookalike(const SourceFile& file, Span span, Diagnostics& out);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string ToUpper(std::string_view text);
std::string ToLower(std::string_view text);
// At most some 40 characters, to be quoted in a message.
std::string Shorten(std::string_view text);
std::string HexByte(unsigned char byte);

}  // namespace flow::parse
