import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

// Drives the gateway through pgjdbc; prints one line per check and ends with 1 at the first that fails.
public class Drive {
  static void check(boolean holds, String what) {
    if (!holds) {
      System.out.println("FAILED " + what);
      System.exit(1);
    }
    System.out.println("ok " + what);
  }

  static String denied(Connection session, String sql) throws Exception {
    try (Statement statement = session.createStatement()) {
      statement.execute(sql);
      return "";
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }

  public static void main(String[] arguments) throws Exception {
    String address = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/";
    StringBuilder seen = new StringBuilder();
    try (Connection carol = DriverManager.getConnection(address + "warehouse?sslmode=prefer&ApplicationName=Looker", "carol", "carol-pass")) {
      for (int run = 1; run <= 12; run++) {  // named statement and binary transfer from the fifth run on
        try (PreparedStatement statement = carol.prepareStatement("select customer_id, email, birth_date from crm.dim_customer where customer_id = ?")) {
          statement.setLong(1, run);
          ResultSet rows = statement.executeQuery();
          check(rows.next() && rows.getLong(1) == run, "prepared, run " + run);
          seen.append(rows.getString(2)).append(rows.getDate(3));
          check(rows.getMetaData().getColumnName(2).equals("email"), "metadata, run " + run);
        }
      }
      ResultSetMetaData columns = carol.createStatement().executeQuery("select email as contact, region from crm.dim_customer").getMetaData();
      check(((org.postgresql.PGResultSetMetaData) columns).getBaseTableName(1).equals("dim_customer"), "base table of a masked column");
      check(((org.postgresql.PGResultSetMetaData) columns).getBaseColumnName(1).equals("email"), "base column of a masked column");

      carol.setAutoCommit(false);
      try (PreparedStatement statement = carol.prepareStatement("select customer_id, email, body from crm.dim_customer join crm.fact_ticket using (customer_id) order by 1")) {
        statement.setFetchSize(7);
        ResultSet rows = statement.executeQuery();
        int count = 0;
        while (rows.next()) {
          count++;
          seen.append(rows.getString(2)).append(rows.getString(3));
        }
        check(count == 60, "fetch size 7 in a transaction");
      }
      carol.commit();

      check(denied(carol, "delete from billing.dim_plan").equals("42501"), "denied");
      check(denied(carol, "select 1").equals("25P02"), "transaction failed");
      carol.rollback();
      Savepoint here = carol.setSavepoint();
      check(denied(carol, "select * from lake_raw.customers").equals("42501"), "denied after a savepoint");
      carol.rollback(here);
      check(denied(carol, "select 1").equals(""), "alive after the savepoint");
      carol.commit();
      carol.setAutoCommit(true);

      DatabaseMetaData about = carol.getMetaData();
      int tables = 0;
      for (ResultSet rows = about.getTables(null, "crm", "%", null); rows.next();) tables++;
      check(tables >= 5, "getTables");
      List<String> names = new ArrayList<>();
      for (ResultSet rows = about.getColumns(null, "crm", "dim_customer", "%"); rows.next();) names.add(rows.getString("COLUMN_NAME"));
      check(names.contains("email") && names.size() == 8, "getColumns");
      check(about.getPrimaryKeys(null, "crm", "dim_customer").next(), "getPrimaryKeys");
      about.getImportedKeys(null, "crm", "fact_ticket").close();
      about.getIndexInfo(null, "crm", "dim_customer", false, true).close();
      about.getSchemas().close();
      about.getTypeInfo().close();
      about.getFunctions(null, "pg_catalog", "abs").close();

      java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
      new CopyManager((org.postgresql.core.BaseConnection) carol.unwrap(PGConnection.class)).copyOut("copy crm.dim_customer to stdout", out);
      seen.append(out.toString("UTF-8"));
      check(out.toString("UTF-8").split("\n").length == 60, "copy out");

      Statement slow = carol.createStatement();
      slow.setQueryTimeout(1);
      String state = "";
      try {
        slow.execute("select pg_sleep(20)");
      } catch (SQLException error) {
        state = error.getSQLState();
      }
      check(state.equals("57014"), "query timeout cancels");
      check(denied(carol, "select 1").equals(""), "alive after the cancel");
    }
    try (Connection bob = DriverManager.getConnection(address + "warehouse?reWriteBatchedInserts=true", "bob", "bob-pass")) {
      bob.createStatement().execute("create temp table batch (n int, t text)");
      try (PreparedStatement statement = bob.prepareStatement("insert into batch values (?, ?)")) {
        for (int n = 0; n < 400; n++) {
          statement.setInt(1, n);
          statement.setString(2, "値" + n);
          statement.addBatch();
        }
        statement.executeBatch();
      }
      ResultSet rows = bob.createStatement().executeQuery("select count(*) from batch where t like '値%'");
      check(rows.next() && rows.getInt(1) == 400, "batch insert");
      try (PreparedStatement statement = bob.prepareStatement("insert into batch values (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
        statement.setInt(1, 1);
        statement.setString(2, "x");
        statement.executeUpdate();
        check(statement.getGeneratedKeys().next(), "returning");
      }
    }
    String fatal = "";
    try {
      DriverManager.getConnection(address + "lake", "carol", "carol-pass");
    } catch (SQLException error) {
      fatal = error.getSQLState();
    }
    check(fatal.equals("42501"), "no layer, no login");
    System.out.println("SEEN " + seen.toString().replace("\n", " "));
  }
}
