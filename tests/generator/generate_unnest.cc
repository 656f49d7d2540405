// WithUnnest: views of a generated case read elements of arrays.
#include <cctype>
#include <string>
#include <vector>

#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"

namespace flow::test {

namespace {

constexpr const char* kColumns[] = {"k",   "g", "b", "d",   "f",    "o",    "arr", "tags",
                                    "raw", "m", "j", "rec", "recs", "span", "ts"};

// The statements of a text, each with its `;`.
std::vector<std::string> Statements(const std::string& text) {
  std::vector<std::string> statements;
  size_t begin = 0;
  for (size_t end; (end = text.find(";\n\n", begin)) != std::string::npos; begin = end + 3) {
    statements.push_back(text.substr(begin, end + 3 - begin));
  }
  return statements;
}

class Unnester {
 public:
  explicit Unnester(uint64_t seed) : random_(seed * 7919 + 5) {}

  std::string Apply(const std::string& text) {
    std::string result;
    for (std::string& statement : Statements(text)) {
      if (statement.starts_with("VIEW ") && random_.Chance(30)) Change(&statement);
      result += statement;
      if (statement.starts_with("VIEW ") && random_.Chance(20)) result += Above(statement);
    }
    return result;
  }

 private:
  // Where the statement reads a source: the place of its name, or npos.
  static size_t FindSource(const std::string& statement, size_t from) {
    for (size_t at = statement.find("\nFROM ", from); at != std::string::npos;
         at = statement.find("\nFROM ", at + 1)) {
      size_t name = at + 6;
      const size_t open = statement.find_first_of("(\n; ", name);
      if (open != std::string::npos && statement[open] == '(' && open > name) name = open + 1;
      if (statement[name] == 's' && std::isdigit(statement[name + 1]) != 0 &&
          std::isalnum(statement[name + 2]) == 0) {
        return name;
      }
    }
    return std::string::npos;
  }

  std::string Ints() {
    static const std::vector<std::string> arrays = {"arr",
                                                    "arr",
                                                    "arr",
                                                    "array_append(arr, g)",
                                                    "[g, g % 3, NULL]",
                                                    "[g, 12 / g]",
                                                    "map_values(m)",
                                                    "CASE WHEN o THEN arr || arr END"};
    return random_.Pick(arrays);
  }

  std::string Texts() {
    // More elements than a batch has rows.
    if (random_.Chance(4)) {
      return "string_split(repeat(CASE WHEN g > 8 THEN 'a ' ELSE '' END, 1500), ' ')";
    }
    static const std::vector<std::string> arrays = {"tags", "tags", "array_append(tags, k)",
                                                    "map_keys(m)", "string_split(k, ' ')"};
    return random_.Pick(arrays);
  }

  std::string Records() {
    static const std::vector<std::string> arrays = {"recs", "recs", "[rec, rec]",
                                                    "array_append(recs, STRUCT(g AS a, k AS b))",
                                                    "CASE WHEN o THEN array_reverse(recs) END"};
    return random_.Pick(arrays);
  }

  std::string Join(const std::string& array, const std::string& alias) {
    const bool ordinality = alias.find(',') != std::string::npos;
    const bool left = random_.Chance(25);
    const std::string tail =
        " UNNEST(" + array + ")" + (ordinality ? " WITH ORDINALITY" : "") + " AS u" + alias;
    if (left) return " LEFT JOIN" + tail + " ON TRUE";
    return (random_.Chance(50) ? " CROSS JOIN" : ",") + tail;
  }

  void Change(std::string* statement) {
    for (size_t at = 0; (at = FindSource(*statement, at)) != std::string::npos;) {
      // FIRST and LAST want the source itself; what is late is what the window call has.
      const bool plain = statement->find("FIRST(") != std::string::npos ||
                         statement->find("LAST(") != std::string::npos;
      const bool session = statement->compare(at - 8, 8, "SESSION(") == 0;
      const bool late = statement->find("LATE TO") != std::string::npos;
      if (!plain && (session || late || random_.Chance(50))) {
        at = Below(statement, at);
      } else if (!session && !late) {
        at = Behind(statement, at);
      } else {
        return;
      }
    }
  }

  // (SELECT k, x AS g, ... FROM s0 CROSS JOIN UNNEST(arr) AS u(x)) in the place of s0.
  size_t Below(std::string* statement, size_t at) {
    const bool text = random_.Chance(40);
    const bool twice = random_.Chance(15);
    const bool record = random_.Chance(25);
    const std::string x = record ? (text ? "x.b" : "x.a") : "x";
    std::string query = "(SELECT ";
    for (const char* column : kColumns) {
      const std::string name = column;
      if (name != "k") query += ", ";
      query +=
          name == (text ? "k" : "g") ? (random_.Chance(50) ? "" : "u.") + x + " AS " + name : name;
    }
    const std::string array = record ? Records() : text ? Texts() : Ints();
    query += " FROM " + statement->substr(at, 2) + Join(array, "(x)");
    if (twice) query += ", UNNEST([" + x + (text ? ", k" : ", 6 / " + x) + "]) AS w";
    switch (random_.Between(0, 4)) {
      case 0:
        query += " WHERE " + x + (text ? " <> 'b'" : " > 1 AND g > 0");
        break;
      case 1:
        query +=
            text ? " WHERE length(" + x + ") / (g - 10) >= 0" : " WHERE 2 / " + x + " >= 0 OR o";
        break;
      default:
        break;
    }
    query += ")";
    statement->replace(at, 2, query);
    return at + query.size();
  }

  // FROM s0 CROSS JOIN UNNEST(arr) WITH ORDINALITY AS u(x, i), FROM TUMBLE(s0, 1m) CROSS JOIN ...
  size_t Behind(std::string* statement, size_t at) {
    size_t end = at + 2;
    if ((*statement)[at - 1] == '(') end = statement->find_first_of(")", at) + 1;
    const bool record = random_.Chance(25);
    const std::string join = Join(record ? Records() : Ints(), "(x, i)");
    statement->insert(end, join);
    const size_t where = end + join.size();
    if (statement->compare(where, 7, "\nWHERE ") == 0 && random_.Chance(60)) {
      statement->insert(where + 7, random_.Chance(50) ? "i <= 2 AND " : "x IS NOT NULL AND ");
    }
    const size_t from = statement->rfind("\nFROM ", at);
    const bool whole = statement->find("UNION ALL") == std::string::npos &&
                       statement->find("DISTINCT k") == std::string::npos;
    if (!whole || !random_.Chance(70)) return where;
    const bool stateless = statement->find("\nGROUP BY ") == std::string::npos &&
                           statement->find(" AS a0") == std::string::npos;
    const bool distinct = statement->find("SELECT DISTINCT") != std::string::npos;
    const std::string more = stateless  ? ", x AS ux, i AS ui"
                             : distinct ? ""
                             : record   ? ", SUM(x.a) AS sx, MAX(u.i) AS si, MIN(x) AS mx"
                                        : ", SUM(x) AS sx, MAX(u.i) AS si";
    statement->insert(from, more);
    return where + more.size();
  }

  // A view over the groups of another, whose rows are taken back, and one over that.
  std::string Above(const std::string& statement) {
    const std::string name = statement.substr(5, statement.find(' ', 5) - 5);
    const std::string key = "k_" + name;
    if (statement.find(" AS " + key) == std::string::npos ||
        statement.find(" AS groups") != std::string::npos) {
      return "";
    }
    const bool ordinality = random_.Chance(50);
    std::string text = "VIEW u" + name + " AS\nSELECT " + key + ", x" + (ordinality ? ", i" : "") +
                       "\nFROM " + name +
                       Join("[" + key + ", " + key + ", NULL]", ordinality ? "(x, i)" : "(x)") +
                       (random_.Chance(30) ? "\nWHERE x IS NOT NULL" : "") + ";\n\n";
    if (random_.Chance(60)) {
      text += "VIEW w" + name + " AS\nSELECT x, COUNT(*) AS n\nFROM u" + name + "\nGROUP BY x;\n\n";
    }
    return text;
  }

  Random random_;
};

}  // namespace

GeneratedCase WithUnnest(GeneratedCase generated) {
  const std::string before = generated.text;
  generated.text = Unnester(generated.seed).Apply(before);
  generated.unnests = generated.text != before;
  return generated;
}

}  // namespace flow::test
