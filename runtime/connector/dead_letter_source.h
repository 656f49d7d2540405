// Dead letters as a log, to be replayed: the records in them, decoded as the source's own are.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/connector/connector.h"

namespace flow {

// Which letters of a log are this source's, and which paths of the program get them.
struct LetterChoice {
  std::string source;
  // Not empty: letters that died on the way to this view or at decoding, for all paths. Else each
  // letter is for the path on which it died.
  std::string view;
  std::set<std::string> paths;  // that the program has
};

// Letters that are here: by partition, in the order of the log. They are only ever added to at a
// partition's end. `source` must outlive the result.
Result<std::unique_ptr<SourceConnector>> OpenLetterList(
    const program::Source& source, LetterChoice choice,
    std::map<int, std::vector<DeadLetterRecord>> letters);
// What a DEAD LETTER clause wrote: `log` reads it, a line or record of JSON each.
Result<std::unique_ptr<SourceConnector>> OpenLetterLog(const program::Source& source,
                                                       LetterChoice choice,
                                                       std::unique_ptr<SourceConnector> log);

}  // namespace flow
