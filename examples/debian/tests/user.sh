# A user with one message and a password; removed when the test ends.
user=pop-test-$$
word=$(od -An -N9 -tx1 /dev/urandom | tr -d ' ')
maildir=/home/$user/Maildir
tmp=$(mktemp -d)
trap 'userdel --remove "$user" 2>/dev/null; rm -rf "$tmp"' EXIT

useradd --create-home --home-dir "/home/$user" "$user"
echo "$user:$word" | chpasswd
mkdir -p "$maildir/new" "$maildir/cur" "$maildir/tmp"
printf 'Subject: one\n\nHello.\n.dot\n' >"$maildir/new/1.test.host"
chown -R "$user:" "$maildir"
