// Concrete syntax to a document: where each statement, clause and expression may be broken.
#pragma once

#include "compiler/format/comments.h"
#include "compiler/format/doc.h"
#include "compiler/parse/syntax.h"

namespace flow::format {

// Of a whole statement with its `;`, and without the comments before its first token.
Doc LayOut(const SourceFile& file, const Syntax& syntax, const std::vector<TokenComments>& comments,
           const SyntaxStatement& statement);

}  // namespace flow::format
