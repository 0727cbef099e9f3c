#include "sluice/audit/search.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <deque>
#include <unordered_map>

#include "sluice/audit/chain.hpp"
#include "sluice/audit/fields.hpp"
#include "sluice/audit/files.hpp"

namespace sluice::audit {
namespace {

namespace json = boost::json;

constexpr char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; }

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, [](char left, char right) { return lower(left) == lower(right); }).empty() ||
         part.empty();
}

bool fits(std::string_view pattern, std::string_view text) { return pattern.empty() || glob_fits(pattern, text); }

// `pattern` names the last part, or as many parts in front of it as it has dots for.
bool fits_name(std::string_view pattern, std::initializer_list<std::string_view> parts) {
  if (pattern.empty()) return true;
  const auto wanted = static_cast<std::size_t>(std::ranges::count(pattern, '.')) + 1;
  if (wanted > parts.size()) return false;
  std::string name;
  for (auto part = parts.end() - static_cast<std::ptrdiff_t>(wanted); part != parts.end(); ++part) {
    if (!name.empty()) name += '.';
    name += *part;
  }
  return glob_fits(pattern, name);
}

bool touches(const query& what, const json::object& record) {
  if (what.relation.empty() && what.column.empty() && what.data_class.empty()) return true;
  bool touched = false;
  for_each_object(record, "relations", [&](const json::object& relation) {
    const auto schema = text_of(relation, "schema"), name = text_of(relation, "relation");
    if (!fits_name(what.relation, {text_of(relation, "layer"), schema, name})) return;
    if (what.column.empty() && what.data_class.empty()) touched = true;
    for_each_object(relation, "columns", [&](const json::object& column) {
      if (!fits_name(what.column, {schema, name, text_of(column, "column")})) return;
      if (!what.data_class.empty() && !has_text(column, "classes", what.data_class)) return;
      touched = true;
    });
  });
  return touched;
}

bool fits_record(const query& what, const json::object& record) {
  const auto session = number_of(record, "session");
  return fits(what.user, text_of(record, "user")) && fits(what.database, text_of(record, "database")) &&
         fits(what.decision, text_of(record, "decision")) &&
         (what.session.empty() || (session && std::to_string(*session) == what.session)) && touches(what, record) &&
         (what.text.empty() || contains(text_of(record, "sql"), what.text) ||
          contains(text_of(record, "reason"), what.text) || contains(text_of(record, "detail"), what.text));
}

// The event without parsing the whole line: it is the member after "seq".
std::string_view event_of(std::string_view line) {
  constexpr std::string_view key = ",\"event\":\"";
  const auto at = line.substr(0, max_opening_bytes).find(key);
  if (at == line.npos) return {};
  const auto name = line.substr(at + key.size(), 32);
  return name.substr(0, name.find('"'));
}

class searcher {
 public:
  searcher(const query& what, const found_sink& sink) : what_(what), sink_(sink) {}
  base::result<search_outcome> run(const std::vector<journal_file>& files);

 private:
  enum class next { read_on, stop };
  struct waiting {
    std::uint64_t sequence = 0;
    std::string line, completion, sqlstate;
    bool open = false;  // its completion may still come
  };

  next take(std::string_view line);
  void take_completion(std::string_view line);
  void take_record(std::string_view line, const envelope& shape, std::string_view event);
  bool release(bool everything);
  bool put_out(waiting record);
  bool deliver(const waiting& record);

  const query& what_;
  const found_sink& sink_;
  search_outcome out_;
  std::deque<waiting> pending_;  // in the order of sequences
  std::size_t pending_bytes_ = 0, open_ = 0;
  std::deque<waiting> newest_;  // with a limit: what has come through so far
  bool past_until_ = false;
};

base::result<search_outcome> searcher::run(const std::vector<journal_file>& files) {
  bool stopped = false;
  for (std::size_t index = 0; index < files.size() && !stopped; ++index) {
    if (index + 1 < files.size() && !what_.since.empty() && pending_.empty()) {
      // A file whose successor begins before the wanted time holds nothing wanted.
      auto successor = line_reader::open(files[index + 1].path);
      if (successor.has_error()) return successor.error();
      if (successor->next() == line_reader::outcome::line)
        if (const auto first = read_envelope(successor->text()); first && first->time < what_.since) continue;
    }
    auto reader = line_reader::open(files[index].path);
    if (reader.has_error()) return reader.error();
    auto read = reader->next();
    for (; read == line_reader::outcome::line && !stopped; read = reader->next())
      stopped = take(reader->text()) == next::stop || !release(false);
    if (read == line_reader::outcome::failed) return system_problem("read", files[index].path);
    if (read == line_reader::outcome::too_long) ++out_.unreadable;
  }
  if (!stopped || past_until_) release(true);
  for (const auto& record : newest_)
    if (!deliver(record)) break;
  return out_;
}

searcher::next searcher::take(std::string_view line) {
  const auto shape = read_envelope(line);
  if (!shape) {
    ++out_.unreadable;
    return next::read_on;
  }
  if (!what_.since.empty() && shape->time < what_.since) return next::read_on;
  past_until_ = !what_.until.empty() && shape->time >= what_.until;
  // Behind the end only completions of what was found before it are of interest.
  if (past_until_ && open_ == 0) return next::stop;
  const auto event = event_of(line);
  if (event == "complete") take_completion(line);
  if (!past_until_) take_record(line, *shape, event);
  return next::read_on;
}

void searcher::take_completion(std::string_view line) {
  if (open_ == 0) return;
  const auto fields = read_fields(line);
  const auto of = fields ? number_of(*fields, "of") : std::nullopt;
  if (!of) return;
  const auto at = std::ranges::lower_bound(pending_, *of, {}, &waiting::sequence);
  if (at == pending_.end() || at->sequence != *of || !at->open) return;
  at->open = false;
  --open_;
  at->completion = line;
  pending_bytes_ += line.size();
  if (const auto state = text_of(*fields, "sqlstate"); !state.empty()) at->sqlstate = state;
}

void searcher::take_record(std::string_view line, const envelope& shape, std::string_view event) {
  // Completions belong to their statements; they stand alone only when asked for.
  if (what_.event.empty() ? event == "complete" : !glob_fits(what_.event, event)) return;
  const auto fields = read_fields(line);
  if (!fields) {
    ++out_.unreadable;
    return;
  }
  if (!fits_record(what_, *fields)) return;
  const bool open = event == "statement" && text_of(*fields, "decision") != "denied";
  pending_.push_back({shape.sequence, std::string(line), {}, std::string(text_of(*fields, "sqlstate")), open});
  pending_bytes_ += line.size();
  if (open) ++open_;
}

bool searcher::release(bool everything) {
  while (!pending_.empty() && (everything || !pending_.front().open || pending_.size() > max_pending ||
                               pending_bytes_ > max_pending_bytes)) {
    auto record = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= record.line.size() + record.completion.size();
    if (record.open) --open_;
    if (fits(what_.sqlstate, record.sqlstate) && !put_out(std::move(record))) return false;
  }
  return true;
}

bool searcher::put_out(waiting record) {
  if (what_.limit == 0) return deliver(record);
  newest_.push_back(std::move(record));
  if (newest_.size() > what_.limit) newest_.pop_front();
  return true;
}

bool searcher::deliver(const waiting& record) {
  ++out_.found;
  return sink_({record.line, record.completion});
}

}  // namespace

base::result<search_outcome> search(const std::string& directory, const query& what, const found_sink& sink) {
  const auto files = list_files(directory);
  if (files.has_error()) return files.error();
  if (files->empty())
    return base::diagnostic{.cause = "no audit journal in `" + directory + "`",
                            .hint = "name the directory of the gateway's `audit.directory`"};
  return searcher(what, sink).run(*files);
}

}  // namespace sluice::audit
