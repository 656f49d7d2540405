// JsonTree, JsonValue, CsvField: see record_text.h.
#include "compiler/bind/record_text.h"

#include "compiler/bind/literal.h"

namespace flow {

namespace {

std::string JsonString(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// JSON has no 007, no .5 and no 5.
std::string JsonNumber(const std::string& text) {
  size_t first = text.find_first_not_of('0');
  std::string number = first == std::string::npos ? "0" : text.substr(first);
  if (number[0] < '0' || number[0] > '9') number = "0" + number;
  size_t point = number.find('.');
  if (point != std::string::npos &&
      (point + 1 == number.size() || number[point + 1] < '0' || number[point + 1] > '9')) {
    number.erase(point, 1);
  }
  return number;
}

struct Literal {
  enum class Kind { kNull, kBool, kNumber, kText, kArray };
  Kind kind = Kind::kNull;
  std::string text;
};

std::optional<Literal> LiteralOf(const ast::Expr& expr) {
  const ast::Expr* e = &expr;
  bool negative = false;
  while (e->kind == ast::ExprKind::kUnary && (e->op == "-" || e->op == "+")) {
    if (e->op == "-") negative = !negative;
    e = e->children[0].get();
    if (e->kind != ast::ExprKind::kUnary && e->kind != ast::ExprKind::kNumber) return std::nullopt;
  }
  switch (e->kind) {
    case ast::ExprKind::kNull:
      return Literal{};
    case ast::ExprKind::kBool:
      return Literal{Literal::Kind::kBool, e->bool_value ? "true" : "false"};
    case ast::ExprKind::kNumber:
      return Literal{Literal::Kind::kNumber, (negative ? "-" : "") + JsonNumber(e->text)};
    case ast::ExprKind::kString:
    case ast::ExprKind::kTyped:
      return Literal{Literal::Kind::kText, e->text};
    case ast::ExprKind::kCall: {
      if (IsStructLiteral(*e)) {
        std::string text;
        for (size_t i = 0; i < e->children.size(); ++i) {
          const std::optional<std::string> value = JsonValue(*e->children[i]);
          if (!value) return std::nullopt;
          text += (text.empty() ? "{" : ",") + JsonString(e->path[i + 1].text) + ":" + *value;
        }
        return Literal{Literal::Kind::kArray, text + "}"};
      }
      if (!IsArrayLiteral(*e)) break;
      std::string text;
      for (const ast::ExprPtr& child : e->children) {
        const std::optional<std::string> value = JsonValue(*child);
        if (!value) return std::nullopt;
        text += (text.empty() ? "[" : ",") + *value;
      }
      return Literal{Literal::Kind::kArray, text.empty() ? "[]" : text + "]"};
    }
    case ast::ExprKind::kDuration:
      return Literal{Literal::Kind::kText, std::to_string(e->number) + "us"};
    case ast::ExprKind::kColumn:
    case ast::ExprKind::kField:
    case ast::ExprKind::kStar:
    case ast::ExprKind::kUnary:
    case ast::ExprKind::kBinary:
    case ast::ExprKind::kAnd:
    case ast::ExprKind::kOr:
    case ast::ExprKind::kIsNull:
    case ast::ExprKind::kIsTruth:
    case ast::ExprKind::kIsDistinct:
    case ast::ExprKind::kIn:
    case ast::ExprKind::kBetween:
    case ast::ExprKind::kLike:
    case ast::ExprKind::kCase:
    case ast::ExprKind::kCast:
    case ast::ExprKind::kOrder:
      break;
  }
  return std::nullopt;
}

std::string OptionOr(const program::Options& options, const char* name, const char* otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

}  // namespace

bool JsonTree::Put(const std::vector<program::PathStep>& path, std::string value, size_t depth) {
  if (value_) return false;
  if (depth == path.size()) {
    if (!fields_.empty() || !items_.empty()) return false;
    value_ = std::move(value);
    return true;
  }
  const program::PathStep& step = path[depth];
  if (step.index >= 0) {
    if (!fields_.empty()) return false;
    const size_t index = static_cast<size_t>(step.index);
    if (items_.size() <= index) items_.resize(index + 1);
    return items_[index].Put(path, std::move(value), depth + 1);
  }
  if (!items_.empty()) return false;
  for (auto& [key, tree] : fields_) {
    if (key == step.key) return tree.Put(path, std::move(value), depth + 1);
  }
  fields_.emplace_back(step.key, JsonTree());
  return fields_.back().second.Put(path, std::move(value), depth + 1);
}

std::string JsonTree::ToText() const {
  if (value_) return *value_;
  std::string text;
  for (const JsonTree& item : items_) {
    const bool empty = !item.value_ && item.fields_.empty() && item.items_.empty();
    text += (text.empty() ? "" : ",") + (empty ? "null" : item.ToText());
  }
  if (!items_.empty()) return "[" + text + "]";
  for (const auto& [key, tree] : fields_) {
    text += (text.empty() ? "" : ",") + JsonString(key) + ":" + tree.ToText();
  }
  return "{" + text + "}";
}

std::optional<std::string> JsonValue(const ast::Expr& literal) {
  const std::optional<Literal> value = LiteralOf(literal);
  if (!value) return std::nullopt;
  if (value->kind == Literal::Kind::kNull) return "null";
  return value->kind == Literal::Kind::kText ? JsonString(value->text) : value->text;
}

std::string CsvDelimiter(const program::Options& options) {
  const std::string text = OptionOr(options, "delimiter", ",");
  return text == "\\t" ? "\t" : text;
}

std::optional<std::string> CsvField(const ast::Expr& literal, const program::Options& options) {
  const std::optional<Literal> value = LiteralOf(literal);
  if (!value) return std::nullopt;
  const std::string null = OptionOr(options, "null", "");
  if (value->kind == Literal::Kind::kNull) return null;
  const std::string& text = value->text;
  const bool plain = text != null && !text.empty() &&
                     text.find_first_of("\"\r\n" + CsvDelimiter(options)) == std::string::npos;
  if (plain) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace flow
