// SECRET('NAME') in a connector's options: where its value comes from, and what keeps it from
// being seen.
#pragma once

#include <map>
#include <string>

#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow {

class Secrets {
 public:
  // The value of NAME is the file NAME in `folder`, if there is one (a newline at its end is left
  // out), else the environment's variable NAME. An empty `folder` is that of FLOW_SECRETS_DIR.
  explicit Secrets(std::string folder);

  // Adds the values of `secrets` (option -> NAME) to `options`. `who` is for messages.
  Status Resolve(const std::string& who, const program::Options& secrets,
                 program::Options* options);
  // A copy of the program for one run, whose options have the values. `writes`: also those of its
  // sinks and dead letters.
  Result<program::Program> Resolve(const program::Program& program, bool writes);

  // The text with SECRET('NAME') in the place of every value that was looked up. Values of under
  // four bytes are taken as they are: they would be found everywhere.
  std::string Hide(std::string text) const;
  Error Hide(Error error) const;

 private:
  Result<std::string> Find(const std::string& who, const std::string& name) const;

  std::string folder_;
  std::map<std::string, std::string> found_;  // NAME -> value
};

}  // namespace flow
