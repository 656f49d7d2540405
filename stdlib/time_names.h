// English names of months and days; abbreviated they are the first three letters.
#pragma once

namespace flow_time {

constexpr char kMonths[12][10] = {"January",   "February", "March",    "April",
                                  "May",       "June",     "July",     "August",
                                  "September", "October",  "November", "December"};
constexpr char kDays[7][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                               "Thursday", "Friday", "Saturday"};

}  // namespace flow_time
