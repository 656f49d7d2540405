// Infer, TypeOf, UnitOf.
#include "compiler/driver/infer.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/driver/records.h"
#include "runtime/abi/abi.h"
#include "runtime/abi/convert.h"
#include "runtime/base/datum.h"

namespace flow {

namespace {

constexpr size_t kLongestDistinct = 64;
constexpr size_t kMostFields = 1000;  // more are no columns but keys of a map
constexpr int kMostNesting = 20;
constexpr size_t kDateBytes = 10;  // 2026-01-31

void SeeTime(int64_t value, int partition, bool first, Shape* shape) {
  shape->least = first ? value : std::min(shape->least, value);
  shape->greatest = first ? value : std::max(shape->greatest, value);
  auto [latest, fresh] = shape->latest.emplace(partition, value);
  if (fresh) return;
  shape->unordered = std::max(shape->unordered, latest->second - value);
  latest->second = std::max(latest->second, value);
}

void SeeDistinct(std::string_view value, Shape* shape) {
  if (shape->distinct.size() > kFewValues) return;
  shape->distinct.emplace(value.substr(0, kLongestDistinct));
}

void SeeText(std::string_view text, int partition, Shape* shape) {
  const bool first = shape->texts++ == 0;
  SeeDistinct(text, shape);
  int32_t days = 0;
  int64_t us = 0;
  // A time reads as a date too: its day.
  shape->all_dates = shape->all_dates && text.size() == kDateBytes &&
                     flow_parse_date(text.data(), text.size(), &days) == kFlowValue;
  if (!shape->all_times) return;
  shape->all_times = flow_parse_timestamp(text.data(), text.size(), &us) == kFlowValue;
  if (shape->all_times) SeeTime(us, partition, first, shape);
}

// Digits, perhaps with a sign, a point and an exponent.
void SeeNumber(std::string_view text, int partition, Shape* shape) {
  int64_t value = 0;
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  shape->exponent = shape->exponent || text.find_first_of("eE") != std::string_view::npos;
  const size_t sign = text[0] == '-' ? 1 : 0;
  const size_t point = std::min(text.find('.'), text.size());
  shape->whole_digits = std::max(shape->whole_digits, static_cast<int>(point - sign));
  if (point < text.size()) {
    shape->scale = std::max(shape->scale, static_cast<int>(text.size() - point - 1));
  }
  if (!whole || flow_parse_bigint(text.data(), text.size(), &value) != kFlowValue) {
    ++shape->decimals;
    shape->huge = shape->huge || whole;
    return;
  }
  SeeTime(value, partition, shape->integers++ == 0, shape);
}

// Follows one JSON record through the shapes.
class Watcher : public nlohmann::json_sax<nlohmann::json> {
 public:
  Watcher(int64_t record, int partition, Shape* top)
      : next_object_(record << kObjectBits), partition_(partition) {
    next_ = top;
  }

  bool null() override {
    ++Here()->nulls;
    return true;
  }
  bool boolean(bool value) override {
    Shape* shape = Here();
    ++shape->booleans;
    SeeDistinct(value ? "true" : "false", shape);
    return true;
  }
  bool number_integer(number_integer_t value) override { return Number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Number(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Number(text);
  }
  bool string(string_t& value) override {
    SeeText(value, partition_, Here());
    return true;
  }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override {
    Shape* shape = Here();
    ++shape->objects;
    objects_.push_back(next_object_++);
    return Enter(shape);
  }
  bool key(string_t& name) override {
    Shape* object = open_.back();
    auto found = object->fields.find(name);
    if (found == object->fields.end()) {
      if (object->fields.size() >= kMostFields) {
        next_ = &ignored_;
        return true;
      }
      object->names.push_back(name);
      found = object->fields.emplace(name, std::make_unique<Shape>()).first;
    }
    Shape* field = found->second.get();
    next_ = field->last_object == objects_.back() ? &ignored_ : field;
    field->last_object = objects_.back();
    return true;
  }
  bool end_object() override {
    objects_.pop_back();
    return Leave();
  }
  bool start_array(std::size_t /*size*/) override {
    Shape* shape = Here();
    ++shape->arrays;
    const bool own = shape != &ignored_ && !in_array_;
    if (own && shape->element == nullptr) shape->element = std::make_unique<Shape>();
    Enter(own ? shape->element.get() : &ignored_);
    in_array_ = own && open_.back() != &ignored_;
    return true;
  }
  bool end_array() override { return Leave(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  Shape* Here() {
    if (!open_.empty() && (open_.back() == &ignored_ || in_array_)) return open_.back();
    return next_;
  }
  bool Number(const std::string& text) {
    SeeNumber(text, partition_, Here());
    return true;
  }
  bool Enter(Shape* shape) {
    open_.push_back(static_cast<int>(open_.size()) < kMostNesting ? shape : &ignored_);
    arrays_.push_back(in_array_);
    in_array_ = false;
    return true;
  }
  bool Leave() {
    open_.pop_back();
    in_array_ = arrays_.back();
    arrays_.pop_back();
    return true;
  }

  static constexpr int kObjectBits = 24;  // a record of more objects is too large for a source

  int64_t next_object_;           // objects have numbers of their own
  std::vector<int64_t> objects_;  // that are open
  const int partition_;
  std::vector<Shape*> open_;
  std::vector<bool> arrays_;  // in_array_ around each
  bool in_array_ = false;     // the innermost that is open is the shape of an array's elements
  Shape* next_ = nullptr;
  Shape ignored_;
};

// The names in the header of a CSV file.
std::vector<std::string> HeaderNames(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  std::vector<std::string> names(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        names.back() += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      names.emplace_back();
    } else {
      names.back() += line[i];
    }
  }
  return names;
}

// A text of a CSV file is what all texts of its column read as.
void SeeField(std::string_view text, int partition, Shape* shape) {
  FlowInt128 decimal = 0;
  const bool digits = text.find_first_not_of("0123456789.-") == std::string_view::npos &&
                      text.find_first_of("0123456789") != std::string_view::npos;
  if (text == "true" || text == "false") {
    ++shape->booleans;
    SeeDistinct(text, shape);
  } else if (digits &&
             flow_parse_decimal(text.data(), text.size(), 38, 19, &decimal) == kFlowValue) {
    SeeNumber(text, partition, shape);
  } else {
    SeeText(text, partition, shape);
  }
}

Result<Inferred> InferCsv(program::Source source, int64_t limit) {
  Inferred inferred;
  FLOW_TRY(std::unique_ptr<SourceConnector> raw, OpenSource(source));
  std::string header;
  FLOW_RETURN_IF_ERROR(ReadSome(*raw, 1, [&](const Morsel& morsel) -> Result<int64_t> {
    header = raw->decoder().Raw(morsel, 0);
    return morsel.row_count;
  }));
  inferred.record.names = HeaderNames(header);
  source.format_options["header"] = "true";
  for (const std::string& name : inferred.record.names) {
    program::SourceColumn column;
    column.name = name;
    column.type = TypeKind::kString;
    column.position = static_cast<int>(source.columns.size());
    column.path = {{name, -1}};
    source.columns.push_back(column);
    source.declared.push_back(column);
    inferred.record.fields.emplace(name, std::make_unique<Shape>());
  }
  FLOW_TRY(std::unique_ptr<SourceConnector> connector, OpenSource(source));
  FLOW_RETURN_IF_ERROR(ReadSome(*connector, limit, [&](const Morsel& morsel) -> Result<int64_t> {
    DecodedRows rows;
    connector->decoder().Decode(morsel, &rows);
    for (int32_t row = 0; row < static_cast<int32_t>(morsel.row_count); ++row) {
      ++inferred.records;
      if (rows.record_status[static_cast<size_t>(row)] != kFlowValue) {
        ++inferred.malformed;
        continue;
      }
      for (size_t i = 0; i < source.columns.size(); ++i) {
        Shape* shape = inferred.record.fields[source.columns[i].name].get();
        const Datum value =
            ReadCell(rows.batch.column(static_cast<int32_t>(i)), TypeKind::kString, row);
        if (value.is_value()) {
          SeeField(value.s, morsel.partition, shape);
        } else {
          ++shape->nulls;
        }
      }
    }
    return morsel.row_count;
  }));
  inferred.record.objects = inferred.records - inferred.malformed;
  return inferred;
}

bool LooksLikeTime(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower == "ts" || lower.find("time") != std::string::npos || lower.ends_with("_at") ||
         lower.ends_with("_ts") || lower.find("date") != std::string::npos;
}

// Booleans only, or numbers, or texts.
bool IsOneScalar(const Shape& shape) {
  const int64_t values = shape.values();
  return values > 0 && (shape.booleans == values || shape.integers + shape.decimals == values ||
                        shape.texts == values);
}

Type StructOf(const Shape& shape, std::string_view unit) {
  std::vector<StructField> fields;
  for (const std::string& name : shape.names) {
    if (name.empty()) continue;
    fields.push_back({name, TypeOf(*shape.fields.at(name), name, unit)});
  }
  return fields.empty() ? Type(TypeKind::kString) : Type::Struct(std::move(fields));
}

}  // namespace

Result<Inferred> Infer(const std::string& place, int64_t limit) {
  FLOW_TRY(program::Source source, SourceOfPlace(place));
  // One more than wanted says that there are more.
  Inferred inferred;
  if (source.format == program::Format::kCsv) {
    FLOW_TRY(inferred, InferCsv(std::move(source), limit + 1));
  } else {
    FLOW_TRY(std::unique_ptr<SourceConnector> connector, OpenSource(source));
    FLOW_RETURN_IF_ERROR(
        ReadSome(*connector, limit + 1, [&](const Morsel& morsel) -> Result<int64_t> {
          for (size_t i = 0; i < morsel.records.size(); ++i) {
            const std::string raw = connector->decoder().Raw(morsel, static_cast<int64_t>(i));
            ++inferred.records;
            const bool object = raw.find_first_not_of(" \t\r\n") != std::string::npos &&
                                raw[raw.find_first_not_of(" \t\r\n")] == '{';
            if (!object || !nlohmann::json::accept(raw)) {
              ++inferred.malformed;
              continue;
            }
            Watcher watcher(inferred.records, morsel.PartitionOf(i), &inferred.record);
            nlohmann::json::sax_parse(raw, &watcher);
          }
          return static_cast<int64_t>(morsel.records.size());
        }));
  }
  inferred.all = inferred.records <= limit;
  return inferred;
}

std::string UnitOf(const Shape& shape, const std::string& name) {
  if (shape.integers == 0 || shape.integers != shape.values() || !LooksLikeTime(name)) return "";
  constexpr int64_t kFirst = 946684800, kLast = 4102444800;  // of 2000, of 2100, in seconds
  for (const auto& [unit, per_second] : {std::pair("s", int64_t{1}), std::pair("ms", int64_t{1000}),
                                         std::pair("us", int64_t{1000000})}) {
    if (shape.least >= kFirst * per_second && shape.greatest <= kLast * per_second) return unit;
  }
  return "";
}

Type TypeOf(const Shape& shape, const std::string& name, std::string_view unit) {
  constexpr int kMostDigits = 38, kMostScale = 6, kMostExact = 18, kUsualDigits = 12;
  const int64_t values = shape.values();
  const int64_t numbers = shape.integers + shape.decimals;
  if (values == 0) return TypeKind::kString;
  if (shape.objects == values) return StructOf(shape, unit);
  if (shape.arrays == values && shape.element != nullptr) {
    const Shape& element = *shape.element;
    if (IsOneScalar(element)) return Type::Array(TypeOf(element, "", ""));
    const bool objects = element.objects > 0 && element.objects == element.values();
    if (objects) return Type::Array(StructOf(element, unit));
  }
  if (shape.booleans == values) return TypeKind::kBoolean;
  if (shape.texts == values) {
    return shape.all_dates   ? TypeKind::kDate
           : shape.all_times ? TypeKind::kTimestamp
                             : TypeKind::kString;
  }
  if (numbers != values) return TypeKind::kString;
  if (shape.decimals == 0) {
    return !unit.empty() && UnitOf(shape, name) == unit ? TypeKind::kTimestamp : TypeKind::kBigint;
  }
  if (shape.exponent || shape.scale > kMostScale) return TypeKind::kDouble;
  if (shape.scale == 0 && shape.huge) {
    return shape.whole_digits <= kMostDigits ? Type::Decimal(kMostDigits, 0)
                                             : Type(TypeKind::kString);
  }
  const int digits = shape.whole_digits + shape.scale;
  if (digits > kMostExact) {
    return digits <= kMostDigits ? Type::Decimal(kMostDigits, shape.scale)
                                 : Type(TypeKind::kDouble);
  }
  // Room for values that are larger than those that were seen.
  return Type::Decimal(std::max(kUsualDigits, digits + 2), shape.scale);
}

}  // namespace flow
