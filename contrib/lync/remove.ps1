# Take back what add.ps1 has set up.  Federation as such and the policies of
# users stay as they are: others may need them.
#
#   .\remove.ps1 -As Server -Domain example.org
#   .\remove.ps1 -As Inside -Domain example.org -Gateway gw.contoso.com
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidateSet("Inside", "Server", "Domain", "Discovered", "HostingProvider", "PublicProvider")]
    [string] $As,
    # Inside, Server, Domain: the domains that lived on XMPP.
    [string[]] $Domain = @(),
    # Inside: take the trusted application away, too; its name.
    [string] $Gateway
)
$ErrorActionPreference = "Stop"

function Remove-Inside {
    foreach ($name in $Domain) {
        Get-CsStaticRoutingConfiguration -Identity global |
            Select-Object -ExpandProperty Route |
            Where-Object { $_.MatchUri -eq $name } |
            ForEach-Object { Set-CsStaticRoutingConfiguration -Identity global -Route @{Remove = $_} }
    }
    if ($Gateway) {
        Remove-CsTrustedApplication -Identity "$Gateway/stox"
        Remove-CsTrustedApplicationPool -Identity $Gateway
        Enable-CsTopology
    }
}

switch ($As) {
    "Inside" { Remove-Inside }
    "Discovered" {
        Set-CsAccessEdgeConfiguration -UseDnsSrvRouting -EnablePartnerDiscovery $false
    }
    "HostingProvider" { Remove-CsHostingProvider -Identity stox }
    "PublicProvider" { Remove-CsPublicProvider -Identity stox }
    default {
        foreach ($name in $Domain) { Remove-CsAllowedDomain -Identity $name }
    }
}
