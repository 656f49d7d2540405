// From the parser's first error in a statement to a diagnostic, and where to go on.
#pragma once

#include "FlowParser.h"
#include "compiler/parse/first_error.h"
#include "compiler/parse/lex.h"
#include "compiler/source/diagnostic.h"

namespace flow::parse {

// Reports it. If the statement after a forgotten `;` seems to begin at or behind the error, gives
// the index of its first token, else that of the statement's end.
size_t ReportSyntaxError(const SourceFile& file, const Lexed& lexed,
                         const StatementTokens& statement, grammar::FlowParser& parser,
                         const FirstError& error, Diagnostics& out);

}  // namespace flow::parse
