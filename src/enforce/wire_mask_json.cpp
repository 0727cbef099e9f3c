#include <cstdint>

#include "sluice/enforce/wire_masks.hpp"

namespace sluice::enforce {
namespace {

constexpr int deepest_document = 256;
constexpr char jsonb_version = 1;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// Copies a document and masks it on the way: a value, or elements in brackets, by recursive descent.
class document_masker {
 public:
  document_masker(std::string_view text, const std::vector<std::string>& detectors)
      : text_(text), detectors_(detectors) {}

  // False when the text is not JSON; nothing that was written is of use then.
  bool mask() {
    if (!value(0)) return false;
    space();
    return at_ == text_.size();
  }
  std::string take() { return std::move(out_); }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void space() {
    while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')) out_ += text_[at_++];
  }
  bool take_if(char wanted) {
    if (at_end() || peek() != wanted) return false;
    out_ += text_[at_++];
    return true;
  }
  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    out_ += wanted;
    at_ += wanted.size();
    return true;
  }

  bool value(int depth) {
    if (depth > deepest_document) return false;
    space();
    switch (peek()) {
      case '{': return members(depth);
      case '[': return elements(depth);
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number();
    }
  }
  bool elements(int depth) {
    take_if('[');
    space();
    if (take_if(']')) return true;
    do {
      if (!value(depth + 1)) return false;
      space();
    } while (take_if(','));
    return take_if(']');
  }
  bool members(int depth) {
    take_if('{');
    space();
    if (take_if('}')) return true;
    do {
      space();
      if (peek() != '"' || !string()) return false;
      space();
      if (!take_if(':') || !value(depth + 1)) return false;
      space();
    } while (take_if(','));
    return take_if('}');
  }

  std::size_t digits(std::size_t from) const {
    while (from < text_.size() && text_[from] >= '0' && text_[from] <= '9') ++from;
    return from;
  }
  bool number() {
    std::size_t end = at_;
    if (peek() == '-') ++end;
    const std::size_t whole = end;
    end = digits(end);
    if (end == whole || (text_[whole] == '0' && end - whole > 1)) return false;
    if (end < text_.size() && text_[end] == '.') {
      const std::size_t fraction = end + 1;
      end = digits(fraction);
      if (end == fraction) return false;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      end = digits(exponent);
      if (end == exponent) return false;
    }
    const std::string_view token = text_.substr(at_, end - at_);
    if (mask_text(token, detectors_) == token) {
      out_ += token;
    } else {
      out_ += '0';
    }
    at_ = end;
    return true;
  }

  bool hex4(std::uint32_t& code) {
    if (text_.size() - at_ < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      const int nibble = c >= '0' && c <= '9'   ? c - '0'
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                : -1;
      if (nibble < 0) return false;
      code = code * 16 + static_cast<std::uint32_t>(nibble);
    }
    return true;
  }
  // A surrogate without its half stands for U+FFFD: json keeps such text, and it must not switch the masking off.
  bool unicode_escape(std::string& decoded) {
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t back = at_;
      at_ += 2;
      std::uint32_t low = 0;
      if (!hex4(low)) return false;
      if (low >= 0xdc00 && low < 0xe000) {
        append_utf8(decoded, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
        return true;
      }
      at_ = back;
    }
    append_utf8(decoded, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    return true;
  }
  bool string() {
    const std::size_t begin = at_++;
    std::string decoded;
    while (true) {
      if (at_end() || static_cast<unsigned char>(peek()) < 0x20) return false;
      const char c = text_[at_++];
      if (c == '"') break;
      if (c != '\\') {
        decoded += c;
        continue;
      }
      if (at_end()) return false;
      switch (text_[at_++]) {
        case '"': decoded += '"'; break;
        case '\\': decoded += '\\'; break;
        case '/': decoded += '/'; break;
        case 'b': decoded += '\b'; break;
        case 'f': decoded += '\f'; break;
        case 'n': decoded += '\n'; break;
        case 'r': decoded += '\r'; break;
        case 't': decoded += '\t'; break;
        case 'u':
          if (!unicode_escape(decoded)) return false;
          break;
        default: return false;
      }
    }
    const std::string masked = mask_text(decoded, detectors_);
    if (masked == decoded) {
      out_ += text_.substr(begin, at_ - begin);
    } else {
      append_quoted(out_, masked);
    }
    return true;
  }

  std::string_view text_;
  const std::vector<std::string>& detectors_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string mask_value(std::string_view value, const std::vector<std::string>& detectors) {
  const bool versioned = !value.empty() && value.front() == jsonb_version;
  const std::string_view text = versioned ? value.substr(1) : value;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool bracketed =
      first != std::string_view::npos && (text[first] == '{' || text[first] == '[' || text[first] == '"');
  std::string out(value.substr(0, versioned ? 1 : 0));
  // A bare number is a document in jsonb only: in a text column it is prose.
  if (bracketed || versioned) {
    document_masker document(text, detectors);
    if (document.mask()) return out + document.take();
  }
  return out + mask_text(text, detectors);
}

}  // namespace sluice::enforce
