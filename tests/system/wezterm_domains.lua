-- wezterm_domains.lua MODULE VERSION [ports]: what the generated module makes of a configuration, as JSON lines.
-- The wezterm module is a stub with the two things that it uses.
local module, version, ports = arg[1], arg[2], arg[3]
package.preload["wezterm"] = function()
  return { version = version, default_ssh_domains = function() return { { name = "SSH:other" } } end }
end

local function json(value)
  if type(value) == "table" then
    local list, object = {}, {}
    for _, item in ipairs(value) do list[#list + 1] = json(item) end
    for k, item in pairs(value) do
      if type(k) == "string" then object[#object + 1] = json(k) .. ":" .. json(item) end
    end
    if #object > 0 then return "{" .. table.concat(object, ",") .. "}" end
    return "[" .. table.concat(list, ",") .. "]"
  end
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
  end
  return tostring(value)
end

local config = {}
dofile(module).apply_to_config(config, { ports = ports == "ports" })
for _, kind in ipairs { "ssh_domains", "unix_domains", "tls_clients" } do
  for _, domain in ipairs(config[kind] or {}) do
    print(json { kind = kind, domain = domain })
  end
end
