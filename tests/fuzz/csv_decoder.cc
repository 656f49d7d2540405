// CSV: the splitter and the field splitter against a byte-by-byte reading of RFC 4180; text in
// pieces gives the same records; the decoder takes whatever comes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "runtime/format/csv_decoder.h"
#include "runtime/format/record_split.h"

namespace {

[[noreturn]] void Fail(const char* what, const std::string& text) {
  std::fprintf(stderr, "%s\ntext: %s\n", what, text.c_str());
  std::abort();
}

// The size of the first record with its line end; 0 if it has none.
size_t ReferenceRecord(const std::string& text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] != '"') continue;
      if (i + 1 == text.size()) return 0;
      if (text[i + 1] == '"') {
        ++i;
      } else {
        quoted = false;
      }
    } else if (text[i] == '\n') {
      return i + 1;
    } else if (text[i] == '"') {
      quoted = i == 0 || text[i - 1] == ',';
    }
  }
  return 0;
}

bool ReferenceFields(const std::string& record, std::vector<std::string>* fields) {
  enum { kStart, kPlain, kQuoted, kClosed } state = kStart;
  std::string field;
  fields->clear();
  for (char c : record) {
    switch (state) {
      case kStart:
      case kPlain:
        if (c == ',') {
          fields->push_back(field);
          field.clear();
          state = kStart;
        } else if (c == '"') {
          if (state == kPlain) return false;
          state = kQuoted;
        } else {
          field += c;
          state = kPlain;
        }
        break;
      case kQuoted:
        if (c == '"') {
          state = kClosed;
        } else {
          field += c;
        }
        break;
      case kClosed:
        if (c == '"') {
          field += c;
          state = kQuoted;
        } else if (c == ',') {
          fields->push_back(field);
          field.clear();
          state = kStart;
        } else {
          return false;
        }
        break;
    }
  }
  if (state == kQuoted) return false;
  fields->push_back(field);
  return true;
}

void CheckFields(const std::string& record) {
  const std::unique_ptr<char[]> exact(new char[record.size()]);
  std::memcpy(exact.get(), record.data(), record.size());
  std::vector<flow::CsvField> fields;
  std::vector<std::string> expected;
  const bool good = flow::SplitCsvRecord(exact.get(), record.size(), ',', &fields);
  if (good != ReferenceFields(record, &expected)) Fail("well-formed or not", record);
  if (good) {
    if (fields.size() != expected.size()) Fail("number of fields", record);
    for (size_t i = 0; i < fields.size(); ++i) {
      if (flow::CsvFieldText(fields[i]) != expected[i]) Fail("field", record);
    }
  }
  std::vector<flow::program::SourceColumn> columns(3);
  const flow::Type types[] = {flow::TypeKind::kString, flow::TypeKind::kBigint,
                              flow::TypeKind::kTimestamp};
  for (size_t i = 0; i < 3; ++i) {
    columns[i].type = types[i];
    columns[i].position = static_cast<int>(i);
  }
  flow::CsvOptions options;
  options.unit = flow::TimestampUnit::kMillis;
  const auto layout = flow::CsvLayout::FromPositions(3, columns, options);
  flow::Batch batch({types[0], types[1], types[2]}, 1);
  flow::PresetAbsent(columns, 0, 1, &batch);
  const bool decoded = layout.Decode(exact.get(), record.size(), 0, &batch, &fields);
  if (decoded && (!good || expected.size() != 3)) Fail("decoded what is malformed", record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // The first byte says in what pieces the text comes.
  const size_t step = size == 0 ? 1 : 1 + data[0] % 40;
  auto splitter = flow::RecordSplitter::Csv(',');
  size_t seen = 0;
  while (!text.empty()) {
    size_t found = flow::RecordSplitter::kIncomplete;
    while (found == flow::RecordSplitter::kIncomplete && seen < text.size()) {
      seen = std::min(text.size(), seen + step);
      found = splitter.Find(text.data(), seen);
    }
    const size_t expected = ReferenceRecord(text);
    if (found == flow::RecordSplitter::kIncomplete) {
      if (expected != 0) Fail("a record was not found", text);
      CheckFields(text);
      return 0;
    }
    if (found != expected) Fail("a record ends elsewhere", text);
    CheckFields(text.substr(0, found - 1));
    text.erase(0, found);
    seen = 0;
  }
  return 0;
}
