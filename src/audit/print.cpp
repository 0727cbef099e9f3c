#include "sluice/audit/print.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <ostream>
#include <vector>

#include "sluice/audit/fields.hpp"

namespace sluice::audit {
namespace {

namespace json = boost::json;

struct read_record {
  json::object statement, completion;
};

read_record read(const found_record& what) {
  return {read_fields(what.line).value_or(json::object()),
          what.completion.empty() ? json::object() : read_fields(what.completion).value_or(json::object())};
}

// From the completion when there is one, else from the record itself.
std::string number_text(const read_record& from, std::string_view key) {
  auto number = number_of(from.completion, key);
  if (!number) number = number_of(from.statement, key);
  return number ? std::to_string(*number) : std::string();
}

std::string sqlstate(const read_record& from) {
  const auto completed = text_of(from.completion, "sqlstate");
  return std::string(completed.empty() ? text_of(from.statement, "sqlstate") : completed);
}

void add_once(std::vector<std::string>& to, std::string text) {
  if (!text.empty() && std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
}

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : " ") + part;
  return all;
}

std::string relation_name(const json::object& relation) {
  return std::string(text_of(relation, "schema")) + "." + std::string(text_of(relation, "relation"));
}

std::string relations(const read_record& from) {
  std::vector<std::string> names;
  for_each_object(from.statement, "relations", [&](const auto& relation) { add_once(names, relation_name(relation)); });
  return join(names);
}

std::string columns(const read_record& from) {
  std::vector<std::string> names;
  for_each_object(from.statement, "relations", [&](const auto& relation) {
    for_each_object(relation, "columns", [&](const auto& column) {
      add_once(names, relation_name(relation) + "." + std::string(text_of(column, "column")));
    });
  });
  return join(names);
}

std::string classes(const read_record& from) {
  std::vector<std::string> names;
  for_each_object(from.statement, "relations", [&](const auto& relation) {
    for_each_object(relation, "columns", [&](const auto& column) { add_once(names, joined(column, "classes", " ")); });
  });
  return join(names);
}

std::string masks(const read_record& from) {
  std::vector<std::string> names;
  for_each_object(from.statement, "relations",
                  [&](const auto& relation) { add_once(names, joined(relation, "masks", " ")); });
  return join(names);
}

template <char const* Key>
std::string member(const read_record& from) {
  return std::string(text_of(from.statement, Key));
}
template <char const* Key>
std::string member_list(const read_record& from) {
  return joined(from.statement, Key, " ");
}
template <char const* Key>
std::string member_number(const read_record& from) {
  return number_text(from, Key);
}

constexpr char time_key[] = "time", seq_key[] = "seq", event_key[] = "event", session_key[] = "session",
               user_key[] = "user", roles_key[] = "roles", client_key[] = "client",
               application_key[] = "application_name", database_key[] = "database", layers_key[] = "layers",
               decision_key[] = "decision", reason_key[] = "reason", rules_key[] = "rules", sql_key[] = "sql",
               rows_key[] = "rows", bytes_key[] = "bytes", decide_key[] = "decide_us", upstream_key[] = "upstream_us",
               relay_key[] = "relay_us", detail_key[] = "detail";

struct column {
  std::string_view name;
  std::string (*value)(const read_record&);
};

constexpr column csv_columns[] = {
    {"time", member<time_key>},
    {"seq", member_number<seq_key>},
    {"event", member<event_key>},
    {"session", member_number<session_key>},
    {"user", member<user_key>},
    {"roles", member_list<roles_key>},
    {"client", member<client_key>},
    {"application_name", member<application_key>},
    {"database", member<database_key>},
    {"layers", member_list<layers_key>},
    {"decision", member<decision_key>},
    {"reason", member<reason_key>},
    {"rules", member_list<rules_key>},
    {"relations", relations},
    {"columns", columns},
    {"classes", classes},
    {"masks", masks},
    {"sql", member<sql_key>},
    {"rows", member_number<rows_key>},
    {"bytes", member_number<bytes_key>},
    {"decide_us", member_number<decide_key>},
    {"upstream_us", member_number<upstream_key>},
    {"relay_us", member_number<relay_key>},
    {"sqlstate", sqlstate},
    {"detail", member<detail_key>},
};

class json_printer final : public printer {
 public:
  explicit json_printer(std::ostream& out) : out_(out) {}
  void print(const found_record& what) override {
    if (what.completion.empty()) {
      out_ << what.line << '\n';
      return;
    }
    out_ << what.line.substr(0, what.line.size() - 1) << ",\"completion\":" << what.completion << "}\n";
  }

 private:
  std::ostream& out_;
};

class csv_printer final : public printer {
 public:
  explicit csv_printer(std::ostream& out) : out_(out) {
    std::string_view separator;
    for (const auto& one : csv_columns) {
      out_ << separator << one.name;
      separator = ",";
    }
    out_ << "\r\n";
  }
  void print(const found_record& what) override {
    const auto record = read(what);
    std::string line;
    for (const auto& one : csv_columns) {
      if (&one != csv_columns) line += ',';
      write_cell(line, one.value(record));
    }
    out_ << line << "\r\n";
  }

 private:
  static void write_cell(std::string& line, const std::string& value) {
    const bool formula = !value.empty() && std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos;
    if (!formula && value.find_first_of(",\"\r\n") == value.npos) {
      line += value;
      return;
    }
    line += formula ? "\"'" : "\"";
    for (const char letter : value) {
      if (letter == '"') line += '"';
      line += letter;
    }
    line += '"';
  }
  std::ostream& out_;
};

std::string shown_time(const read_record& from) {
  auto time = member<time_key>(from).substr(0, 19);
  if (time.size() > 10) time[10] = ' ';
  return time;
}

// What happened: the decision of a statement, else the event.
std::string what_happened(const read_record& from) {
  auto decision = member<decision_key>(from);
  return decision.empty() ? member<event_key>(from) : decision;
}

std::string milliseconds(const read_record& from) {
  std::optional<std::uint64_t> all;
  for (const auto* part : {&from.statement, &from.completion})
    for (const auto* key : {decide_key, upstream_key, relay_key})
      if (const auto time = number_of(*part, key)) all = all.value_or(0) + *time;
  if (!all) return {};
  return std::to_string(*all / 1000) + "." + std::to_string(*all % 1000 / 100);
}

std::string content(const read_record& from) {
  const auto sql = text_of(from.statement, "sql"), reason = text_of(from.statement, "reason"),
             detail = text_of(from.statement, "detail");
  std::string text(reason);
  for (const auto part : {detail, sql})
    if (!part.empty()) text.append(text.empty() ? "" : " | ").append(part);
  if (const auto of = number_of(from.statement, "of"))
    text = "of " + std::to_string(*of) + (text.empty() ? "" : " ") + text;
  return text;
}

struct table_column {
  std::string_view name;
  std::string (*value)(const read_record&);
  std::size_t widest;
  bool right;
};
constexpr table_column table_columns[] = {
    {"time", shown_time, 19, false},       {"seq", member_number<seq_key>, 20, true},
    {"user", member<user_key>, 16, false}, {"database", member<database_key>, 12, false},
    {"what", what_happened, 13, false},    {"rows", member_number<rows_key>, 10, true},
    {"ms", milliseconds, 10, true},        {"state", sqlstate, 5, false},
    {"relations", relations, 28, false},   {"statement", content, std::string::npos, false},
};
constexpr std::size_t table_size = std::size(table_columns);
constexpr std::size_t held_rows = 200;  // the first ones, to learn the widths from
constexpr std::size_t max_cell_bytes = 64u << 10;

// Line breaks and runs of blanks as one blank; what could steer a terminal as a dot.
std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size() && shown.size() < max_cell_bytes;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const auto letter = text.substr(at, length);
    at += length;
    const bool blank = letter == " " || letter == "\n" || letter == "\r" || letter == "\t";
    // C1 controls and the marks that turn the direction of writing (U+200E/F, U+202A–E, U+2066–9).
    const bool steering = byte < 0x20 || byte == 0x7f || (letter >= "\xc2\x80" && letter <= "\xc2\x9f") ||
                          (letter >= "\xe2\x80\x8e" && letter <= "\xe2\x80\x8f") ||
                          (letter >= "\xe2\x80\xa8" && letter <= "\xe2\x80\xae") ||
                          (letter >= "\xe2\x81\xa6" && letter <= "\xe2\x81\xa9");
    if (blank) {
      if (!shown.empty() && shown.back() != ' ') shown += ' ';
    } else {
      shown += steering ? std::string_view("·") : letter;
    }
  }
  return shown;
}

// The longest beginning that fits, ending in `…` when something was left out.
std::string cut(const std::string& text, std::size_t width) {
  if (width == std::string::npos || display_width(text) <= width) return text;
  std::string kept;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (at + length < text.size() && (static_cast<unsigned char>(text[at + length]) & 0xc0) == 0x80) ++length;
    const auto letter = std::string_view(text).substr(at, length);
    const auto more = display_width(letter);
    if (used + more + 1 > width) break;
    kept += letter;
    used += more;
    at += length;
  }
  return width == 0 ? std::string() : kept + "…";
}

class table_printer final : public printer {
 public:
  table_printer(std::ostream& out, std::size_t width) : out_(out), width_(width) {
    for (std::size_t index = 0; index < table_size; ++index) widths_[index] = table_columns[index].name.size();
  }
  void print(const found_record& what) override {
    const auto record = read(what);
    row cells;
    for (std::size_t index = 0; index < table_size; ++index)
      cells[index] = cut(printable(table_columns[index].value(record)), table_columns[index].widest);
    if (begun_) return write(cells);
    for (std::size_t index = 0; index + 1 < table_size; ++index)
      widths_[index] = std::max(widths_[index], display_width(cells[index]));
    held_.push_back(std::move(cells));
    if (held_.size() >= held_rows) begin();
  }
  void flush() override {
    if (!begun_ && !held_.empty()) begin();
    out_.flush();
  }

 private:
  using row = std::array<std::string, table_size>;

  void begin() {
    begun_ = true;
    row names;
    for (std::size_t index = 0; index < table_size; ++index) names[index] = table_columns[index].name;
    write(names);
    for (const auto& cells : held_) write(cells);
    held_.clear();
  }
  void write(const row& cells) {
    std::string line;
    for (std::size_t index = 0; index + 1 < table_size; ++index) {
      const auto width = display_width(cells[index]);
      const std::string blanks(widths_[index] > width ? widths_[index] - width : 0, ' ');
      line += table_columns[index].right ? blanks + cells[index] : cells[index] + blanks;
      line += "  ";
    }
    line += cells.back();
    line.erase(line.find_last_not_of(' ') + 1);
    out_ << (width_ == 0 ? line : cut(line, width_)) << '\n';
  }

  std::ostream& out_;
  const std::size_t width_;
  std::array<std::size_t, table_size> widths_{};
  std::vector<row> held_;
  bool begun_ = false;
};

struct format_name {
  std::string_view name;
  format as;
};
constexpr format_name formats[] = {{"table", format::table}, {"json", format::json}, {"csv", format::csv}};

}  // namespace

std::optional<format> format_of(std::string_view name) {
  for (const auto& one : formats)
    if (one.name == name) return one.as;
  return std::nullopt;
}

std::unique_ptr<printer> make_printer(format as, std::ostream& out, std::size_t width) {
  switch (as) {
    case format::json: return std::make_unique<json_printer>(out);
    case format::csv: return std::make_unique<csv_printer>(out);
    case format::table: break;
  }
  return std::make_unique<table_printer>(out, width);
}

}  // namespace sluice::audit
