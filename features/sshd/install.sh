#!/bin/sh
# Installs an OpenSSH server that listens on port 2222 and takes keys only.
# POSIX sh; needs no network where the image has openssh already. Nothing is
# started here: services/sshd does that at each start of the container.
set -eu

lib=/usr/local/lib/lace
fail() { echo "sshd: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "install.sh must run as root"
here=$(cd "$(dirname "$0")" && pwd)

find_sshd() {
	for f in /usr/sbin/sshd /usr/local/sbin/sshd /usr/bin/sshd; do
		[ -x "$f" ] && { echo "$f"; return 0; }
	done
	command -v sshd
}

install_openssh() {
	if command -v apt-get >/dev/null; then
		export DEBIAN_FRONTEND=noninteractive
		# No keys that every container of this image would share
		apt-get update && apt-get install -y --no-install-recommends openssh-server
		rm -rf /var/lib/apt/lists/*
	elif command -v apk >/dev/null; then
		apk add --no-cache openssh-server openssh-keygen
	elif command -v dnf >/dev/null; then
		dnf install -y openssh-server && dnf clean all
	elif command -v microdnf >/dev/null; then
		microdnf install -y openssh-server && microdnf clean all
	elif command -v yum >/dev/null; then
		yum install -y openssh-server && yum clean all
	elif command -v zypper >/dev/null; then
		zypper --non-interactive install openssh-server
	elif command -v pacman >/dev/null; then
		pacman -Sy --noconfirm openssh
	else
		return 1
	fi
	rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
}

if ! { find_sshd && command -v ssh-keygen; } >/dev/null; then
	install_openssh || fail "this image has no sshd and no package manager that is known here; install openssh-server in the base image, or use \`lace up --plain\`"
fi
sshd=$(find_sshd) || fail "openssh was installed, but there is no sshd; install openssh-server in the base image"

arch=$(uname -m)
[ -f "$here/bin/lace-init-$arch" ] ||
	fail "no lace-init for $arch in this build of lace (it has: $(ls "$here/bin" | sed 's/^lace-init-//' | tr '\n' ' ')); build lace for $arch, or use \`lace up --plain\`"

mkdir -p "$lib/services" /var/lib/lace/ssh/authorized_keys
for dir in "$lib" "$lib/services" /var/lib/lace /var/lib/lace/ssh /var/lib/lace/ssh/authorized_keys; do
	chown 0:0 "$dir" && chmod 755 "$dir"
done
cp "$here/bin/lace-init-$arch" "$lib/lace-init.new"
chown root:root "$lib/lace-init.new" 2>/dev/null || chown 0:0 "$lib/lace-init.new"
chmod 4755 "$lib/lace-init.new"
mv -f "$lib/lace-init.new" "$lib/lace-init"

{
	cat "$here/sshd_config"
	# PAM lets locked accounts ("!") in by key; without it services/sshd sees to them
	if [ ! -f /etc/pam.d/sshd ] ||
		"$sshd" -t -o UsePAM=yes -f /dev/null -h /dev/null 2>&1 | grep -qi 'unsupported option'; then
		echo "UsePAM no"
	else
		echo "UsePAM yes"
		# in a container the login uid can often not be set
		sed 's/^\([[:space:]]*session[[:space:]]\{1,\}\)required\([[:space:]]\{1,\}pam_loginuid\)/\1optional\2/' \
			/etc/pam.d/sshd > /etc/pam.d/sshd.new
		cat /etc/pam.d/sshd.new > /etc/pam.d/sshd
		rm -f /etc/pam.d/sshd.new
	fi
} > "$lib/sshd_config"
chmod 644 "$lib/sshd_config"

sed "s|@SSHD@|$sshd|" "$here/services/sshd" > "$lib/services/sshd"
chmod 755 "$lib/services/sshd"
echo "${_REMOTE_USER:-root}" > "$lib/remote-user"
chmod 644 "$lib/remote-user"
echo "sshd: installed for $arch, port 2222, keys only"
