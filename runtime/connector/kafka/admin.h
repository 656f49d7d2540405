// Requests about topics that are not about their records.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/connector/kafka/client.h"

namespace flow::kafka {

// Makes a topic of one partition with the brokers' default replication, and waits until it can be
// used; one that is there already is left as it is.
Status CreateTopic(Client* client, const std::string& topic,
                   const std::map<std::string, std::string>& settings);

// The largest batch of records that each topic takes (max.message.bytes), of those topics that
// tell.
std::map<std::string, int64_t> MaxMessageBytes(Client* client,
                                               const std::vector<std::string>& topics);

}  // namespace flow::kafka
