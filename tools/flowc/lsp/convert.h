// What the compiler says, as LSP writes it.
#pragma once

#include <flow/language.h>

#include "tools/flowc/lsp/text_positions.h"
#include "tools/flowc/lsp/transport.h"

namespace flowc::lsp {

Json ToJson(Position position);
// nullopt: it is no position.
std::optional<Position> ReadPosition(const Json& json);

Json RangeOf(const TextPositions& positions, libflow::language::Range range);
Json DiagnosticOf(const TextPositions& positions, const std::string& uri,
                  const libflow::language::Problem& problem);
Json CompletionOf(const TextPositions& positions, const libflow::language::Completion& completion);
Json OutlineOf(const TextPositions& positions, const libflow::language::Outline& outline);
Json EditOf(const TextPositions& positions, const libflow::language::Edit& edit);

}  // namespace flowc::lsp
