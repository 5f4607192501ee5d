#!/bin/sh
# Installs lace-mux-server: one static program, for any libc. POSIX sh.
# The option for the SSH port is not read here: it only routes on the host. Of
# hostTlsPort it matters here whether it is set; the port in the container is fixed.
set -eu

lib=/usr/local/lib/lace
bin=/usr/local/bin
tls_address=0.0.0.0:2223
fail() { echo "mux-server: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "install.sh must run as root"
here=$(cd "$(dirname "$0")" && pwd)

arch=$(uname -m)
[ -f "$here/bin/lace-mux-server-$arch" ] && [ -f "$here/bin/lace-init-$arch" ] ||
	fail "no program for $arch in this build of lace (it has: $(ls "$here/bin" | sed -n 's/^lace-mux-server-//p' | tr '\n' ' ')); build lace for $arch, or use \`lace up --plain\`"

mkdir -p "$lib/services" /var/lib/lace "$bin"
for dir in "$lib" "$lib/services" /var/lib/lace; do
	chown 0:0 "$dir" && chmod 755 "$dir"
done
put() { # FILE MODE TARGET
	cp "$1" "$3.new"
	chown 0:0 "$3.new"
	chmod "$2" "$3.new"
	mv -f "$3.new" "$3"
}
put "$here/bin/lace-init-$arch" 4755 "$lib/lace-init"
put "$here/bin/lace-mux-server-$arch" 755 "$lib/lace-mux-server"
put "$here/services/mux-server" 755 "$lib/services/mux-server"
case ${HOSTTLSPORT:-} in
'' | false)
	rm -f "$lib/lace-mux-tls" "$lib/tls-address"
	;;
*)
	[ -f "$here/bin/lace-mux-tls-$arch" ] || fail "no lace-mux-tls for $arch in this build of lace; leave hostTlsPort out"
	put "$here/bin/lace-mux-tls-$arch" 755 "$lib/lace-mux-tls"
	echo "$tls_address" > "$lib/tls-address"
	chown 0:0 "$lib/tls-address" && chmod 644 "$lib/tls-address"
	;;
esac
ln -sf "$lib/lace-mux-server" "$bin/lace-mux-server"
# Where the image has a wezterm of its own, its name stays its own
# and wezterm-42 ... are for a remote_wezterm_path that says which codec the client speaks.
for name in wezterm wezterm-mux-server wezterm-42 wezterm-43 wezterm-44 wezterm-45; do
	there=$(command -v "$name" || true)
	if [ -z "$there" ] || [ "$(readlink "$there" 2>/dev/null)" = "$lib/lace-mux-server" ]; then
		ln -sf "$lib/lace-mux-server" "$bin/$name"
	fi
done
echo "${_REMOTE_USER:-root}" > "$lib/remote-user"
chmod 644 "$lib/remote-user"
echo "mux-server: installed for $arch$([ ! -f "$lib/tls-address" ] || echo ", with TLS on port ${tls_address##*:}")"
