// Small helpers of the conversions: this folder only.
#pragma once

#include <string_view>

#include "runtime/abi/abi.h"

namespace flow::abi {

using Text = std::string_view;

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline Text TrimLeft(Text text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  return text;
}

inline Text Trim(const char* data, size_t size) {
  Text text = TrimLeft(Text(data, size));
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// `word` is in lower case.
inline bool EqualsIgnoreCase(Text text, Text word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (ToLower(text[i]) != word[i]) return false;
  }
  return true;
}

// Writes the text and returns its size.
inline size_t Put(char* out, Text text) {
  memcpy(out, text.data(), text.size());
  return text.size();
}

}  // namespace flow::abi
