// Where an operator puts what changed in its state. The keys are its own; see
// runtime/checkpoint/state_record.h for what the three mean.
#pragma once

#include <string_view>

namespace flow {

class StateSink {
 public:
  virtual ~StateSink() = default;
  virtual void Put(std::string_view key, std::string_view value) = 0;
  virtual void Remove(std::string_view key) = 0;
  virtual void Drop(std::string_view prefix) = 0;
};

}  // namespace flow
