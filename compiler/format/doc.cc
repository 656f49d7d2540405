// Doc and Render: breaks the outermost groups that do not fit, from left to right.
#include "compiler/format/doc.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace flow::format {

namespace {

Doc Make(DocKind kind, std::string text, bool hard) {
  Doc doc;
  doc.kind = kind;
  doc.text = std::move(text);
  doc.hard = hard;
  return doc;
}

Doc Around(DocKind kind, std::vector<Doc> parts, int indent = 0) {
  Doc doc;
  doc.kind = kind;
  doc.indent = indent;
  for (size_t i = 0; i < parts.size(); ++i) {
    doc.hard = doc.hard || parts[i].hard || (parts[i].ends_line && i + 1 < parts.size());
  }
  doc.ends_line = !parts.empty() && parts.back().ends_line;
  doc.parts = std::move(parts);
  return doc;
}

std::vector<Doc> One(Doc doc) {
  std::vector<Doc> parts;
  parts.push_back(std::move(doc));
  return parts;
}

// Something to print: a document, or a fill from one of its parts on.
struct Item {
  int indent;
  bool flat;
  const Doc* doc;
  size_t from = 0;
};

class Renderer {
 public:
  explicit Renderer(int width) : width_(width) {}

  std::string Run(const Doc& doc) {
    stack_.push_back({0, false, &doc});
    while (!stack_.empty()) {
      Item item = stack_.back();
      stack_.pop_back();
      Print(item);
    }
    NewLine(0);
    return std::move(out_);
  }

 private:
  void Print(const Item& item) {
    const Doc& doc = *item.doc;
    switch (doc.kind) {
      case DocKind::kText:
        if (!doc.text.empty()) Put(doc.text, item.indent);
        return;
      case DocKind::kLine:
      case DocKind::kSoftLine:
        if (!item.flat || line_ended_) {
          NewLine(item.indent);
        } else if (doc.kind == DocKind::kLine) {
          Put(" ", item.indent);
        }
        return;
      case DocKind::kHardLine:
        NewLine(item.indent);
        return;
      case DocKind::kEndOfLine:
        Put(out_.empty() || out_.back() == '\n' || out_.back() == ' ' ? doc.text : " " + doc.text,
            item.indent);
        line_ended_ = true;
        return;
      case DocKind::kOwnLine:
        if (out_.find_last_not_of(' ') != std::string::npos &&
            out_[out_.find_last_not_of(' ')] != '\n') {
          NewLine(item.indent);
        }
        Put(doc.text, item.indent);
        line_ended_ = true;
        return;
      case DocKind::kConcat:
        PushParts(item, item.indent, item.flat);
        return;
      case DocKind::kGroup:
        PushParts(item, item.indent, item.flat || (!doc.hard && Fits({item.indent, true, &doc})));
        return;
      case DocKind::kNest:
        PushParts(item, item.indent + doc.indent, item.flat);
        return;
      case DocKind::kAlign:
        PushParts(item, line_ended_ ? item.indent : column_, item.flat);
        return;
      case DocKind::kFill:
        PrintFill(item);
        return;
    }
  }

  void PushParts(const Item& item, int indent, bool flat) {
    for (size_t i = item.doc->parts.size(); i-- > 0;) {
      stack_.push_back({indent, flat, &item.doc->parts[i]});
    }
  }

  // Prints one part; the separator behind it is broken if the part after that does not fit.
  void PrintFill(const Item& item) {
    const std::vector<Doc>& parts = item.doc->parts;
    if (item.from >= parts.size()) return;
    if (item.from > 0) {
      const Doc& separator = parts[item.from - 1];
      bool fits = !separator.hard && !line_ended_ && !parts[item.from].hard;
      if (fits && !item.flat) {
        const int before = column_;
        column_ += separator.kind == DocKind::kLine ? 1 : 0;
        stack_.push_back({item.indent, item.flat, item.doc, item.from + 2});
        fits = Fits({item.indent, true, &parts[item.from]});
        stack_.pop_back();
        column_ = before;
      }
      Print({item.indent, item.flat || fits, &separator});
    }
    stack_.push_back({item.indent, item.flat, item.doc, item.from + 2});
    stack_.push_back({item.indent, item.flat, &parts[item.from]});
  }

  // Whether the item and what follows up to the next possible line break fits on this line.
  bool Fits(const Item& first) const {
    int left = width_ - column_;
    std::vector<Item> items = {first};
    size_t rest = stack_.size();
    while (left >= 0) {
      if (items.empty()) {
        if (rest == 0) return true;
        items.push_back(stack_[--rest]);
      }
      Item item = items.back();
      items.pop_back();
      const Doc& doc = *item.doc;
      switch (doc.kind) {
        case DocKind::kText: {
          size_t end = doc.text.find('\n');
          left -= Width(std::string_view(doc.text).substr(0, end));
          if (end != std::string::npos) return left >= 0;
          break;
        }
        case DocKind::kLine:
        case DocKind::kSoftLine:
          if (!item.flat) return true;
          left -= doc.kind == DocKind::kLine ? 1 : 0;
          break;
        case DocKind::kEndOfLine:
        case DocKind::kOwnLine:
        case DocKind::kHardLine:
          // A comment may be longer than the line: it does not move what it belongs to.
          return true;
        case DocKind::kConcat:
        case DocKind::kNest:
        case DocKind::kAlign:
        case DocKind::kGroup: {
          // A group further on is broken only if it must be.
          bool flat = item.flat || (doc.kind == DocKind::kGroup && !doc.hard);
          for (size_t i = doc.parts.size(); i-- > 0;) {
            items.push_back({item.indent, flat, &doc.parts[i]});
          }
          break;
        }
        case DocKind::kFill:
          // Begun before, at the separator before part `from`: the line can end there.
          if (item.from > 0 && !item.flat) {
            if (item.from < doc.parts.size()) return true;
            break;
          }
          if (!item.flat) {
            items.push_back({item.indent, false, &doc, 2});
            if (!doc.parts.empty()) items.push_back({item.indent, true, &doc.parts[0]});
            break;
          }
          for (size_t i = doc.parts.size(); i-- > item.from;) {
            items.push_back({item.indent, item.flat, &doc.parts[i]});
          }
          break;
      }
    }
    return false;
  }

  void Put(std::string_view text, int indent) {
    if (line_ended_) NewLine(indent);
    out_ += text;
    size_t line = text.rfind('\n');
    column_ = line == std::string_view::npos ? column_ + Width(text) : Width(text.substr(line + 1));
  }

  void NewLine(int indent) {
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    out_ += '\n';
    out_.append(static_cast<size_t>(indent), ' ');
    column_ = indent;
    line_ended_ = false;
  }

  const int width_;
  std::string out_;
  int column_ = 0;
  bool line_ended_ = false;  // only a new line may follow
  std::vector<Item> stack_;
};

}  // namespace

Doc Text(std::string text) { return Make(DocKind::kText, std::move(text), false); }
Doc Line() { return Make(DocKind::kLine, "", false); }
Doc SoftLine() { return Make(DocKind::kSoftLine, "", false); }
Doc HardLine() { return Make(DocKind::kHardLine, "", true); }
Doc EndOfLine(std::string text) {
  Doc doc = Make(DocKind::kEndOfLine, std::move(text), false);
  doc.ends_line = true;
  return doc;
}
Doc OwnLine(std::string text) { return Make(DocKind::kOwnLine, std::move(text), true); }
Doc Concat(std::vector<Doc> parts) { return Around(DocKind::kConcat, std::move(parts)); }
Doc Group(Doc doc) { return Around(DocKind::kGroup, One(std::move(doc))); }
Doc Nest(int indent, Doc doc) { return Around(DocKind::kNest, One(std::move(doc)), indent); }
Doc Align(Doc doc) { return Around(DocKind::kAlign, One(std::move(doc))); }
Doc Fill(std::vector<Doc> parts) { return Around(DocKind::kFill, std::move(parts)); }

int Width(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Render(const Doc& doc, int width) { return Renderer(width).Run(doc); }

}  // namespace flow::format
