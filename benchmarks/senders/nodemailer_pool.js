// Composes and sends one message per recipient over nodemailer's pool.
// Arguments: PORT COUNT SUBJECT_FILE TEXT_FILE HTML_FILE
const fs = require("fs");
const nodemailer = require(require.resolve("nodemailer", { paths: [process.env.PEER_FOLDER] }));

const [port, count, ...files] = process.argv.slice(2);
const [subject, text, html] = files.map((path) => fs.readFileSync(path, "utf8"));
const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), pool: true, maxConnections: 8, maxMessages: Infinity, ignoreTLS: true,
});

async function lane(next) {
  for (let i = next(); i < Number(count); i = next()) {
    const link = `https://outages.example.org/subscriptions/${i}.1.AAAAAAAAAAAAAAAAAAAAAA/unsubscribe`;
    await pool.sendMail({
      from: "bulletins@example.org", to: `person${i}@example.org`, subject,
      text: text.replaceAll("@@LINK@@", link), html: html.replaceAll("@@LINK@@", link),
      headers: { "List-Unsubscribe": `<${link}>` },
    });
  }
}

let made = 0;
Promise.all(Array.from({ length: 16 }, () => lane(() => made++))).then(() => pool.close());
