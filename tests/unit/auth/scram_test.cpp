#include "sluice/auth/scram.hpp"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

// RFC 7677 section 3
constexpr std::string_view client_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const scram_mock mock = derive_mock(base::secret("kept key"));

scram_verifier pencil() {
  const std::string salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  return make_verifier(base::secret("pencil"), 4096,
                       [&](std::span<std::uint8_t> into) { std::copy(salt.begin(), salt.end(), into.begin()); });
}

scram_server server_of(const scram_verifier* verifier, std::string end_point = {}) {
  return scram_server("user", verifier, mock, std::move(end_point), std::string(server_nonce));
}

TEST(scram_server, follows_the_rfc_7677_exchange) {
  const auto verifier = pencil();
  auto server = server_of(&verifier);
  const auto first = server.on_client_first(scram_sha_256, client_first);
  ASSERT_EQ(first.status, scram_status::proceed) << first.cause;
  EXPECT_EQ(first.message, server_first);
  const auto final = server.on_client_final(client_final);
  ASSERT_EQ(final.status, scram_status::authenticated) << final.cause;
  EXPECT_EQ(final.message, server_final);
}

TEST(scram_server, refuses_a_wrong_password) {
  const auto verifier = make_verifier(base::secret("pen"));
  auto server = server_of(&verifier);
  server.on_client_first(scram_sha_256, client_first);
  const auto reply = server.on_client_final(client_final);
  EXPECT_EQ(reply.status, scram_status::refused);
  EXPECT_EQ(reply.message, "");
}

TEST(scram_server, answers_nothing_after_the_end) {
  const auto verifier = pencil();
  auto server = server_of(&verifier);
  server.on_client_first(scram_sha_256, client_first);
  server.on_client_final(client_final);
  EXPECT_EQ(server.on_client_final(client_final).status, scram_status::malformed);
  EXPECT_EQ(server.on_client_first(scram_sha_256, client_first).status, scram_status::malformed);
}

TEST(scram_server, does_not_take_the_final_message_first) {
  const auto verifier = pencil();
  EXPECT_EQ(server_of(&verifier).on_client_final(client_final).status, scram_status::malformed);
}

TEST(scram_server, treats_unknown_users_like_known_ones_until_the_end) {
  auto one = server_of(nullptr);
  const auto first = one.on_client_first(scram_sha_256, client_first);
  ASSERT_EQ(first.status, scram_status::proceed);
  EXPECT_EQ(first.message.size(), server_first.size());
  EXPECT_TRUE(first.message.ends_with(",i=4096"));
  // The salt is the same on every try, and another one for another name.
  EXPECT_EQ(server_of(nullptr).on_client_first(scram_sha_256, client_first).message, first.message);
  scram_server other("other", nullptr, mock, {}, std::string(server_nonce));
  EXPECT_NE(other.on_client_first(scram_sha_256, client_first).message, first.message);
  EXPECT_EQ(one.on_client_final(client_final).status, scram_status::refused);
}

TEST(scram_server, never_accepts_an_unknown_user_even_with_the_right_proof) {
  // A client that knows the made-up keys would have to be refused all the same; the nearest it can send is a
  // well-formed proof.
  auto server = server_of(nullptr);
  const auto first = server.on_client_first(scram_sha_256, client_first);
  scram_client client(base::secret(""), std::nullopt, std::string(client_nonce));
  const auto answer = client.on_server_first(first.message);
  ASSERT_EQ(answer.status, scram_status::proceed);
  EXPECT_EQ(server.on_client_final(answer.message).status, scram_status::refused);
}

struct first_row {
  const char* name;
  std::string mechanism;
  std::string message;
  std::string end_point;
  bool accepted;
};

class client_first_message : public testing::TestWithParam<first_row> {};
TEST_P(client_first_message, is_judged) {
  const auto verifier = pencil();
  const auto reply =
      server_of(&verifier, GetParam().end_point).on_client_first(GetParam().mechanism, GetParam().message);
  EXPECT_EQ(reply.status, GetParam().accepted ? scram_status::proceed : scram_status::malformed) << reply.cause;
  EXPECT_EQ(reply.message.empty(), !GetParam().accepted);
}

const std::string plain(scram_sha_256), plus(scram_sha_256_plus), bound = "hash of the certificate";
INSTANTIATE_TEST_SUITE_P(
    messages, client_first_message,
    testing::Values(
        first_row{"no_binding", plain, "n,,n=,r=abc", "", true},
        first_row{"binding_supported_but_not_offered", plain, "y,,n=,r=abc", "", true},
        first_row{"binding_offered_but_not_seen", plain, "y,,n=,r=abc", bound, false},
        first_row{"binding_offered_but_not_wanted", plain, "n,,n=,r=abc", bound, true},
        first_row{"binding_not_offered", plain, "p=tls-server-end-point,,n=,r=abc", "", false},
        first_row{"plus_not_offered", plus, "p=tls-server-end-point,,n=,r=abc", "", false},
        first_row{"plus_offered", plus, "p=tls-server-end-point,,n=,r=abc", bound, true},
        first_row{"plus_without_binding", plus, "n,,n=,r=abc", bound, false},
        first_row{"plus_with_unknown_binding", plus, "p=tls-unique,,n=,r=abc", bound, false},
        first_row{"plain_with_binding", plain, "p=tls-server-end-point,,n=,r=abc", bound, false},
        first_row{"other_mechanism", "SCRAM-SHA-1", "n,,n=,r=abc", "", false},
        first_row{"no_mechanism", "", "n,,n=,r=abc", "", false},
        first_row{"extension_after_the_nonce", plain, "n,,n=,r=abc,x=1", "", true},
        first_row{"mandatory_extension", plain, "n,,m=1,n=,r=abc", "", false},
        first_row{"mandatory_extension_after_the_nonce", plain, "n,,n=,r=abc,m=1", "", false},
        first_row{"authorization_identity", plain, "n,a=admin,n=,r=abc", "", false},
        first_row{"empty", plain, "", "", false}, first_row{"header_alone", plain, "n,,", "", false},
        first_row{"flag_alone", plain, "n", "", false}, first_row{"no_flag", plain, ",,n=,r=abc", "", false},
        first_row{"unknown_flag", plain, "z,,n=,r=abc", "", false}, first_row{"no_name", plain, "n,,r=abc", "", false},
        first_row{"no_nonce", plain, "n,,n=", "", false}, first_row{"empty_nonce", plain, "n,,n=,r=", "", false},
        first_row{"nonce_with_blank", plain, "n,,n=,r=a b", "", false},
        first_row{"nonce_beyond_ascii", plain, "n,,n=,r=\xc3\xa9", "", false},
        first_row{"nul", plain, std::string("n,,n=\0,r=abc", 12), "", false},
        first_row{"stray_text", plain, "n,,n=,r=abc,?", "", false},
        first_row{"too_long", plain, "n,,n=,r=" + std::string(max_scram_message, 'a'), "", false}),
    [](const auto& row) { return row.param.name; });

struct final_row {
  const char* name;
  std::string message;
  scram_status status;
};

class client_final_message : public testing::TestWithParam<final_row> {};
TEST_P(client_final_message, is_judged) {
  const auto verifier = pencil();
  auto server = server_of(&verifier);
  ASSERT_EQ(server.on_client_first(scram_sha_256, client_first).status, scram_status::proceed);
  const auto reply = server.on_client_final(GetParam().message);
  EXPECT_EQ(reply.status, GetParam().status) << reply.cause;
  EXPECT_EQ(reply.message, "");
}

const std::string both_nonces = std::string(client_nonce) + std::string(server_nonce);
const std::string proof = ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
INSTANTIATE_TEST_SUITE_P(
    messages, client_final_message,
    testing::Values(
        final_row{"wrong_proof",
                  "c=biws,r=" + both_nonces + ",p=AAAAZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", scram_status::refused},
        final_row{"extension_that_the_proof_does_not_cover", "c=biws,r=" + both_nonces + ",x=1" + proof,
                  scram_status::refused},
        final_row{"wrong_nonce", "c=biws,r=" + both_nonces + "x" + proof, scram_status::malformed},
        final_row{"client_nonce_alone", "c=biws,r=" + std::string(client_nonce) + proof, scram_status::malformed},
        final_row{"other_binding_flag", "c=eSws,r=" + both_nonces + proof, scram_status::malformed},
        final_row{"no_binding", "r=" + both_nonces + proof, scram_status::malformed},
        final_row{"no_nonce", "c=biws" + proof, scram_status::malformed},
        final_row{"no_proof", "c=biws,r=" + both_nonces, scram_status::malformed},
        final_row{"short_proof", "c=biws,r=" + both_nonces + ",p=dHzb", scram_status::malformed},
        final_row{"proof_not_base64", "c=biws,r=" + both_nonces + ",p=!", scram_status::malformed},
        final_row{"text_behind_the_proof", "c=biws,r=" + both_nonces + proof + ",x=1", scram_status::malformed},
        final_row{"empty", "", scram_status::malformed},
        final_row{"too_long", std::string(max_scram_message + 1, 'c'), scram_status::malformed}),
    [](const auto& row) { return row.param.name; });

struct exchange {
  scram_reply server_first, client_final, server_final, end;
};

exchange run(scram_server& server, scram_client& client) {
  exchange seen;
  seen.server_first = server.on_client_first(scram_sha_256, client.first_message());
  seen.client_final = client.on_server_first(seen.server_first.message);
  seen.server_final = server.on_client_final(seen.client_final.message);
  seen.end = client.on_server_final(seen.server_final.message);
  return seen;
}

TEST(scram_client, logs_in) {
  const auto verifier = make_verifier(base::secret("pencil"));
  scram_server server("user", &verifier, mock);
  scram_client client(base::secret("pencil"));
  const auto seen = run(server, client);
  EXPECT_EQ(seen.server_final.status, scram_status::authenticated) << seen.server_final.cause;
  EXPECT_EQ(seen.end.status, scram_status::authenticated) << seen.end.cause;
}

TEST(scram_client, logs_in_again_with_the_keys_of_the_last_time) {
  const auto verifier = make_verifier(base::secret("pencil"));
  scram_server first_server("user", &verifier, mock);
  scram_client first(base::secret("pencil"));
  run(first_server, first);
  // The password is not needed any more: it could not log in by itself.
  scram_client second(base::secret("not the password"), first.keys());
  scram_server second_server("user", &verifier, mock);
  EXPECT_EQ(run(second_server, second).end.status, scram_status::authenticated);
}

TEST(scram_client, derives_new_keys_when_the_salt_has_changed) {
  const auto before = make_verifier(base::secret("pencil")), after = make_verifier(base::secret("pencil"));
  scram_server first_server("user", &before, mock), second_server("user", &after, mock);
  scram_client first(base::secret("pencil"));
  run(first_server, first);
  scram_client second(base::secret("pencil"), first.keys());
  EXPECT_EQ(run(second_server, second).end.status, scram_status::authenticated);
}

TEST(scram_client, refuses_a_server_that_does_not_know_the_password) {
  const auto verifier = pencil();
  scram_server server("user", &verifier, mock);
  scram_client client(base::secret("pencil"));
  const auto first = server.on_client_first(scram_sha_256, client.first_message());
  client.on_server_first(first.message);
  const auto end = client.on_server_final(server_final);
  EXPECT_EQ(end.status, scram_status::refused);
  EXPECT_EQ(client.on_server_final(server_final).status, scram_status::malformed);
}

TEST(scram_client, does_not_take_the_final_message_first) {
  scram_client client(base::secret("pencil"));
  EXPECT_EQ(client.on_server_final(server_final).status, scram_status::malformed);
}

struct server_row {
  const char* name;
  std::string message;
  scram_status status;
};

class server_first_message : public testing::TestWithParam<server_row> {};
TEST_P(server_first_message, is_judged) {
  scram_client client(base::secret("pencil"), std::nullopt, std::string(client_nonce));
  const auto reply = client.on_server_first(GetParam().message);
  EXPECT_EQ(reply.status, GetParam().status) << reply.cause;
}

const std::string salt = ",s=W22ZaJ0SNY7soEsUEjb6gQ==";
INSTANTIATE_TEST_SUITE_P(
    messages, server_first_message,
    testing::Values(
        server_row{"of_the_rfc", std::string(server_first), scram_status::proceed},
        server_row{"one_iteration", "r=" + both_nonces + salt + ",i=1", scram_status::proceed},
        server_row{"extension", "r=" + both_nonces + salt + ",i=1,x=1", scram_status::proceed},
        server_row{"our_nonce_alone", "r=" + std::string(client_nonce) + salt + ",i=1", scram_status::refused},
        server_row{"other_nonce", "r=x" + both_nonces + salt + ",i=1", scram_status::refused},
        server_row{"too_many_iterations", "r=" + both_nonces + salt + ",i=1000001", scram_status::refused},
        server_row{"no_iterations", "r=" + both_nonces + salt + ",i=0", scram_status::malformed},
        server_row{"negative_iterations", "r=" + both_nonces + salt + ",i=-1", scram_status::malformed},
        server_row{"huge_iterations", "r=" + both_nonces + salt + ",i=99999999999", scram_status::malformed},
        server_row{"text_behind_iterations", "r=" + both_nonces + salt + ",i=1a", scram_status::malformed},
        server_row{"salt_not_base64", "r=" + both_nonces + ",s=?,i=1", scram_status::malformed},
        server_row{"empty_salt", "r=" + both_nonces + ",s=,i=1", scram_status::malformed},
        server_row{"mandatory_extension", "m=1,r=" + both_nonces + salt + ",i=1", scram_status::malformed},
        server_row{"no_salt", "r=" + both_nonces + ",i=1", scram_status::malformed},
        server_row{"empty", "", scram_status::malformed}),
    [](const auto& row) { return row.param.name; });

TEST(scram_client, tells_a_refusal_of_the_server) {
  scram_client client(base::secret("pencil"), std::nullopt, std::string(client_nonce));
  client.on_server_first(server_first);
  EXPECT_EQ(client.on_server_final("e=invalid-proof").status, scram_status::refused);
}

TEST(channel_binding, covers_the_certificate) {
  const auto verifier = pencil();
  for (const bool same_certificate : {true, false}) {
    auto server = server_of(&verifier, "certificate A");
    const std::string header = "p=tls-server-end-point,,";
    const auto first = server.on_client_first(scram_sha_256_plus, header + "n=user,r=abc");
    ASSERT_EQ(first.status, scram_status::proceed) << first.cause;
    const std::string without_proof =
        "c=" + to_base64(header + (same_certificate ? "certificate A" : "certificate B")) + ",r=abc" +
        std::string(server_nonce);
    digest key = hmac_sha256(as_bytes(pbkdf2_sha256("pencil", verifier.salt, 4096)))("Client Key");
    const digest signature =
        hmac_sha256(as_bytes(verifier.stored_key))("n=user,r=abc," + first.message + "," + without_proof);
    for (std::size_t index = 0; index < key.size(); ++index) key[index] ^= signature[index];
    const auto reply = server.on_client_final(without_proof + ",p=" + to_base64(as_bytes(key)));
    EXPECT_EQ(reply.status, same_certificate ? scram_status::authenticated : scram_status::malformed) << reply.cause;
  }
}

}  // namespace
}  // namespace sluice::auth
