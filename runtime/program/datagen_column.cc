// UsualDistribution, ReadDistribution:
//
//   NAME [ ( argument, ... ) ] [ prefix WORD ] [ null SHARE ]
#include "runtime/program/datagen_column.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/abi/convert.h"

namespace flow::program {

namespace {

struct Known {
  const char* name;
  const char* form;
  size_t least;  // arguments
  size_t most;
  std::vector<TypeKind> types;  // none: all
};

constexpr size_t kAnyNumber = 1000;

const std::vector<Known>& AllKnown() {
  using K = TypeKind;
  static const std::vector<Known> known = {
      {"sequence", "sequence(first, step)", 0, 2, {K::kInt, K::kBigint, K::kString}},
      {"uniform",
       "uniform(least, greatest)",
       2,
       2,
       {K::kInt, K::kBigint, K::kDouble, K::kDecimal, K::kString, K::kDate, K::kTimestamp}},
      {"normal", "normal(mean, deviation)", 2, 2, {K::kInt, K::kBigint, K::kDouble, K::kDecimal}},
      {"zipf", "zipf(values, exponent)", 1, 2, {K::kInt, K::kBigint, K::kString}},
      {"choice", "choice(DE = 5, FR = 3, US)", 1, kAnyNumber, {}},
      {"constant", "constant(x)", 1, 1, {}},
      {"uuid", "uuid", 0, 0, {K::kString}},
      {"text", "text(shortest, longest)", 1, 2, {K::kString}},
      {"time", "time", 0, 0, {K::kTimestamp, K::kDate}},
  };
  return known;
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// "name ( a, b ) rest"
struct Written {
  std::string name;
  std::vector<std::string> arguments;
  std::string rest;
};

bool Split(const std::string& text, Written* out) {
  const size_t end = std::min(text.find_first_of(" \t\n("), text.size());
  out->name = text.substr(0, end);
  size_t at = text.find_first_not_of(" \t\n", end);
  if (at == std::string::npos || text[at] != '(') {
    out->rest = at == std::string::npos ? "" : text.substr(at);
    return true;
  }
  const size_t close = text.rfind(')');
  if (close == std::string::npos || close < at) return false;
  out->rest = Trimmed(text.substr(close + 1));
  for (++at;;) {
    const size_t comma = std::min(text.find(',', at), close);
    out->arguments.push_back(Trimmed(text.substr(at, comma - at)));
    if (comma == close) break;
    at = comma + 1;
  }
  return true;
}

bool ParseReal(const std::string& text, double* out) {
  return flow_parse_double(text.data(), text.size(), out) == kFlowValue && std::isfinite(*out);
}

// A value of the type in its units; STRING: a whole number.
bool ParseUnits(const std::string& text, const Type& type, int64_t* out) {
  const char* data = text.data();
  const size_t size = text.size();
  int32_t small = 0;
  FlowInt128 wide = 0;
  switch (type.kind) {
    case TypeKind::kInt:
      if (flow_parse_int(data, size, &small) != kFlowValue) return false;
      *out = small;
      return true;
    case TypeKind::kDate:
      if (flow_parse_date(data, size, &small) != kFlowValue) return false;
      *out = small;
      return true;
    case TypeKind::kBigint:
    case TypeKind::kString:
      return flow_parse_bigint(data, size, out) == kFlowValue;
    case TypeKind::kTimestamp:
      return flow_parse_timestamp(data, size, out) == kFlowValue;
    case TypeKind::kDecimal:
      if (flow_parse_decimal(data, size, type.precision, type.scale, &wide) != kFlowValue) {
        return false;
      }
      *out = static_cast<int64_t>(wide);
      return *out == wide;
    case TypeKind::kBoolean:
    case TypeKind::kDouble:
    case TypeKind::kNull:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return false;
}

// JSON has no escapes for what these texts may hold, but for quotes, backslashes and controls.
std::string JsonText(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

// The value as a JSON record has it; "": it is none of the type.
std::string JsonValue(const std::string& text, const Type& type) {
  char shown[kFlowTextMax];
  int64_t units = 0;
  double real = 0;
  uint8_t truth = 0;
  FlowInt128 wide = 0;
  switch (type.kind) {
    case TypeKind::kString:
      return JsonText(text);
    case TypeKind::kBoolean:
      if (flow_parse_boolean(text.data(), text.size(), &truth) != kFlowValue) return "";
      return truth != 0 ? "true" : "false";
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return ParseUnits(text, type, &units) ? std::to_string(units) : "";
    case TypeKind::kDouble:
      if (!ParseReal(text, &real)) return "";
      return std::string(shown, flow_format_double(real, shown));
    case TypeKind::kDecimal:
      if (flow_parse_decimal(text.data(), text.size(), type.precision, type.scale, &wide) !=
          kFlowValue) {
        return "";
      }
      return std::string(shown, flow_format_decimal(wide, type.scale, shown));
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
      return ParseUnits(text, type, &units) ? JsonText(text) : "";
    case TypeKind::kNull:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return "";
}

class DistributionReader {
 public:
  DistributionReader(const Type& type, GeneratedColumn* column, DatagenMistake* mistake)
      : type_(type), column_(column), mistake_(mistake) {}

  bool Read(const std::string& text) {
    Written written;
    if (!Split(Trimmed(text), &written)) return Wrong("a `(` without its `)`", "");
    const Known* known = nullptr;
    for (const Known& one : AllKnown()) {
      if (written.name == one.name) known = &one;
    }
    if (known == nullptr) {
      mistake_->message = "unknown distribution `" + written.name + "`";
      mistake_->word = written.name;
      mistake_->candidates = DistributionNames();
      return false;
    }
    if (!known->types.empty() &&
        std::find(known->types.begin(), known->types.end(), type_.kind) == known->types.end()) {
      std::string fitting;
      for (const Known& one : AllKnown()) {
        if (one.types.empty() ||
            std::find(one.types.begin(), one.types.end(), type_.kind) != one.types.end()) {
          fitting += (fitting.empty() ? "" : ", ") + std::string(one.form);
        }
      }
      return Wrong("`" + written.name + "` makes no " + type_.ToString(), fitting);
    }
    if (written.arguments.size() < known->least || written.arguments.size() > known->most) {
      return Wrong("`" + written.name + "` takes other arguments",
                   std::string("it is written ") + known->form);
    }
    *column_ = GeneratedColumn();
    return ReadArguments(written.name, written.arguments) && ReadRest(written.rest);
  }

 private:
  bool Wrong(std::string message, std::string hint) {
    mistake_->message = std::move(message);
    mistake_->hint = std::move(hint);
    return false;
  }
  bool NoValue(const std::string& text) {
    return Wrong("`" + text + "` is no " +
                     (type_.is(TypeKind::kString) ? std::string("whole number") : type_.ToString()),
                 "");
  }

  bool ReadArguments(const std::string& name, const std::vector<std::string>& arguments) {
    if (name == "sequence") return ReadSequence(arguments);
    if (name == "uniform") return ReadUniform(arguments);
    if (name == "normal") return ReadNormal(arguments);
    if (name == "zipf") return ReadZipf(arguments);
    if (name == "choice") return ReadChoice(arguments);
    if (name == "text") return ReadText(arguments);
    if (name == "uuid") column_->distribution = Distribution::kUuid;
    if (name != "constant") return true;
    column_->distribution = Distribution::kChoice;
    column_->weights = {1};
    column_->values = {JsonValue(arguments[0], type_)};
    return !column_->values[0].empty() || NoValue(arguments[0]);
  }

  bool ReadSequence(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kSequence;
    column_->high = 1;
    if (!arguments.empty() && !ParseUnits(arguments[0], type_, &column_->low)) {
      return NoValue(arguments[0]);
    }
    return arguments.size() < 2 || ParseUnits(arguments[1], type_, &column_->high) ||
           NoValue(arguments[1]);
  }

  bool ReadUniform(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kUniform;
    const bool real = type_.is(TypeKind::kDouble);
    for (size_t i = 0; i < 2; ++i) {
      const bool ok =
          real ? ParseReal(arguments[i], i == 0 ? &column_->from : &column_->to)
               : ParseUnits(arguments[i], type_, i == 0 ? &column_->low : &column_->high);
      if (!ok) return NoValue(arguments[i]);
    }
    if (real ? column_->from > column_->to : column_->low > column_->high) {
      return Wrong("`" + arguments[0] + "` is greater than `" + arguments[1] + "`",
                   "uniform(least, greatest)");
    }
    return true;
  }

  bool ReadNormal(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kNormal;
    const double unit = type_.is(TypeKind::kDecimal) ? std::pow(10.0, type_.scale) : 1;
    for (size_t i = 0; i < 2; ++i) {
      double* value = i == 0 ? &column_->from : &column_->to;
      if (!ParseReal(arguments[i], value)) return Wrong("`" + arguments[i] + "` is no number", "");
      *value *= unit;
    }
    if (column_->to < 0) return Wrong("a deviation is not negative", "");
    column_->low = std::numeric_limits<int64_t>::min();
    column_->high = std::numeric_limits<int64_t>::max();
    if (type_.is(TypeKind::kInt)) {
      column_->low = std::numeric_limits<int32_t>::min();
      column_->high = std::numeric_limits<int32_t>::max();
    } else if (type_.is(TypeKind::kDecimal) && type_.precision <= 18) {
      column_->high = static_cast<int64_t>(flow_pow10(type_.precision)) - 1;
      column_->low = -column_->high;
    }
    return true;
  }

  bool ReadZipf(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kZipf;
    column_->from = 1;
    if (!ParseUnits(arguments[0], type_, &column_->high) || column_->high < 1 ||
        column_->high > 1'000'000'000'000) {
      return Wrong("`" + arguments[0] + "` is no number of values", "zipf(1000, 1.1)");
    }
    if (arguments.size() > 1 &&
        (!ParseReal(arguments[1], &column_->from) || !(column_->from > 0 && column_->from <= 20))) {
      return Wrong("an exponent is a number over 0, at most 20", "zipf(1000, 1.1)");
    }
    return true;
  }

  // "DE = 5": a value and its weight, which is 1 if it is not said.
  bool ReadChoice(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kChoice;
    double sum = 0;
    for (const std::string& argument : arguments) {
      const size_t equals = argument.rfind('=');
      const std::string value = Trimmed(argument.substr(0, equals));
      double weight = 1;
      if (equals != std::string::npos &&
          (!ParseReal(Trimmed(argument.substr(equals + 1)), &weight) || weight < 0)) {
        return Wrong("`" + argument + "` has no weight behind its `=`",
                     "choice(DE = 5, FR = 3, US)");
      }
      column_->values.push_back(JsonValue(value, type_));
      if (column_->values.back().empty()) return NoValue(value);
      sum += weight;
      column_->weights.push_back(sum);
    }
    if (!(sum > 0 && std::isfinite(sum))) return Wrong("no value has a weight over 0", "");
    for (double& weight : column_->weights) weight /= sum;
    column_->weights.back() = 1;
    return true;
  }

  bool ReadText(const std::vector<std::string>& arguments) {
    column_->distribution = Distribution::kText;
    for (size_t i = 0; i < 2; ++i) {
      const std::string& text = arguments[std::min(i, arguments.size() - 1)];
      int64_t* length = i == 0 ? &column_->low : &column_->high;
      if (!ParseUnits(text, type_, length) || *length < 0 || *length > 1'000'000) {
        return Wrong("`" + text + "` is no length of a text", "from 0 to 1000000 characters");
      }
    }
    return column_->low <= column_->high ||
           Wrong("the shortest text is longer than the longest", "text(shortest, longest)");
  }

  bool ReadRest(const std::string& rest) {
    for (size_t at = 0; at < rest.size();) {
      const size_t end = std::min(rest.find(' ', at), rest.size());
      const std::string word = rest.substr(at, end - at);
      const size_t begin = std::min(rest.find_first_not_of(' ', end), rest.size());
      const size_t stop = std::min(rest.find(' ', begin), rest.size());
      const std::string value = rest.substr(begin, stop - begin);
      if (word == "null") {
        if (!ParseReal(value, &column_->nulls) || column_->nulls < 0 || column_->nulls > 1) {
          return Wrong("`null` is followed by how often", "null 0.05: one in twenty");
        }
      } else if (word == "prefix" && type_.is(TypeKind::kString) && !value.empty()) {
        column_->prefix = value;
      } else {
        return Wrong("`" + word + "` says nothing here",
                     type_.is(TypeKind::kString) ? "`prefix user-` or `null 0.05` may follow"
                                                 : "`null 0.05` may follow");
      }
      at = std::min(rest.find_first_not_of(' ', stop), rest.size());
    }
    if (column_->prefix.empty() || column_->distribution != Distribution::kChoice) return true;
    return Wrong("a prefix is for numbers, `uuid` and `text`", "write it in the values");
  }

  const Type& type_;
  GeneratedColumn* const column_;
  DatagenMistake* const mistake_;
};

}  // namespace

const std::vector<std::string>& DistributionNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Known& known : AllKnown()) all.emplace_back(known.name);
    return all;
  }();
  return names;
}

GeneratedColumn UsualDistribution(const Type& type) {
  const char* text = "time";
  switch (type.kind) {
    case TypeKind::kBoolean:
      text = "choice(true, false)";
      break;
    case TypeKind::kInt:
      text = "uniform(0, 99)";
      break;
    case TypeKind::kBigint:
      text = "sequence";
      break;
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
      text = "uniform(0, 1)";
      break;
    case TypeKind::kString:
      text = "text(8)";
      break;
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
      break;
    case TypeKind::kNull:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      GeneratedColumn always_null;
      always_null.nulls = 1;
      return always_null;
    }
  }
  GeneratedColumn column;
  DatagenMistake unused;
  // A DECIMAL without digits before its point has no 1.
  if (!ReadDistribution(text, type, &column, &unused)) {
    ReadDistribution("constant(0)", type, &column, &unused);
  }
  return column;
}

bool ReadDistribution(const std::string& text, const Type& type, GeneratedColumn* column,
                      DatagenMistake* mistake) {
  return DistributionReader(type, column, mistake).Read(text);
}

}  // namespace flow::program
