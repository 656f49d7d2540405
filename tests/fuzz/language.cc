// Any bytes: the questions of editors are answered without a crash or a hang, with places that are
// in the text, and a renaming that is offered can be applied.
#include <flow/language.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using libflow::language::Document;
using libflow::language::Range;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << what << "\n";
  std::abort();
}

void CheckRange(const std::string& text, Range range) {
  Require(range.begin <= range.end && range.end <= text.size(), "a place beyond the text");
}

void AskAt(const Document& document, uint32_t byte) {
  const std::string& text = document.text();
  if (auto hover = document.HoverAt(byte)) CheckRange(text, hover->range);
  if (auto declared = document.DefinitionOf(byte)) CheckRange(text, *declared);
  for (Range range : document.ReferencesTo(byte)) CheckRange(text, range);
  CheckRange(text, document.CompleteAt(byte).replaced);
  Range name;
  if (document.CanRename(byte, &name).refused.empty()) CheckRange(text, name);
  uint32_t last = 0;
  for (const auto& edit : document.Rename(byte, "renamed").edits) {
    CheckRange(text, edit.range);
    Require(edit.range.begin >= last, "edits overlap");
    last = edit.range.end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Document document("fuzz.flow", std::string(reinterpret_cast<const char*>(data), size));
  for (const auto& problem : document.Problems()) {
    CheckRange(document.text(), problem.range);
    for (const auto& related : problem.related) CheckRange(document.text(), related.range);
  }
  for (const auto& outline : document.Symbols()) CheckRange(document.text(), outline.range);
  const uint32_t places = static_cast<uint32_t>(size) + 1;
  const uint32_t chosen = size < 2 ? 0 : data[0] * 251u + data[size / 2] * 7u;
  for (uint32_t i = 0; i < 3; ++i) AskAt(document, (chosen + i * (places / 3 + 1)) % places);
  return 0;
}
